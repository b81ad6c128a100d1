"""The tests of spaCy that hold for `lstm_ner` word for word. README.md accounts for the others."""

import pytest
import spacy
from spacy.tests import conftest as spacy_conftest

from .upstream import take

# Fixtures that the tests ask for, made as spaCy's own conftest makes them.


@pytest.fixture
def en_vocab():
    return spacy.blank("en").vocab


@pytest.fixture
def nlp():
    return spacy.language.Language()


@pytest.fixture
def neg_key():
    return "non_entities"


assert_that_spacy_ships_its_tests = spacy_conftest

NER = "parser/test_ner.py"
ADD_LABEL = "parser/test_add_label.py"
METHODS = "pipeline/test_pipe_methods.py"
SERIALIZE = "serialize/test_serialize_pipeline.py"
TRAINING = "training/test_training.py"

test_1000_labels = take(NER, "test_issue2800")
test_ruler_sets_what_ner_kept = take(NER, "test_issue4267")
test_train_empty = take(NER, "test_train_empty")
test_train_negative_deprecated = take(NER, "test_train_negative_deprecated")
test_neg_annotation = take(NER, "test_neg_annotation")
test_neg_annotation_conflict = take(NER, "test_neg_annotation_conflict")
test_beam_valid_parse = take(NER, "test_beam_valid_parse")
test_empty_ner = take(NER, "test_empty_ner")
test_ruler_before_ner = take(NER, "test_ruler_before_ner")
test_ner_before_ruler = take(NER, "test_ner_before_ruler")
test_block_ner = take(NER, "test_block_ner")
test_ner_warns_no_lookups = take(NER, "test_ner_warns_no_lookups")
test_labels_added_implicitly_on_update = take(
    ADD_LABEL, "test_ner_labels_added_implicitly_on_update"
)
test_labels_added_implicitly_on_predict = take(
    ADD_LABEL, "test_ner_labels_added_implicitly_on_predict"
)
test_empty_documents_at_the_end = take(METHODS, "test_issue3880")
test_replace_last_pipe = take(METHODS, "test_replace_last_pipe")
test_pipe_base_class_add_label = take(METHODS, "test_pipe_base_class_add_label")
test_pipe_labels = take(METHODS, "test_pipe_labels")
test_add_pipe_before_after = take(METHODS, "test_add_pipe_before_after")
test_pipe_methods_frozen = take(METHODS, "test_pipe_methods_frozen")
test_pipe_label_data_exports_labels = take(METHODS, "test_pipe_label_data_exports_labels")
test_pipe_methods_initialize = take(METHODS, "test_pipe_methods_initialize")
test_factory_meta_config_cleanup = take(
    "pipeline/test_pipe_factories.py", "test_pipe_factory_meta_config_cleanup"
)
test_nel_to_bytes = take("pipeline/test_entity_linker.py", "test_nel_to_bytes")
test_config_nlp_roundtrip = take("serialize/test_serialize_config.py", "test_config_nlp_roundtrip")
test_bytes_of_a_blank_pipeline = take("serialize/test_serialize_language.py", "test_issue2482")
test_ruler_and_ner_saved_together = take(SERIALIZE, "test_issue4042")
test_new_label_on_a_loaded_pipe = take(SERIALIZE, "test_issue4042_bug2")
test_load_disabled_and_enabled = take(SERIALIZE, "test_serialize_pipeline_disable_enable")
test_fill_config_keeps_sources = take("test_cli.py", "test_issue7055")
test_init_config = take("test_cli.py", "test_init_config")
test_init_labels = take("test_cli.py", "test_init_labels")
test_get_labels_from_model = take("test_cli.py", "test_get_labels_from_model")
test_init_config_trainable = take("test_cli_app.py", "test_init_config_trainable")
test_rehearse = take("training/test_rehearse.py", "test_rehearse")
test_continue_training_a_saved_pipe = take(TRAINING, "test_issue999")
test_gold_entities_from_json = take(TRAINING, "test_issue4402")
