"""Every message a user can get from this package, with the code to search for.

A message says what was given, what is expected and what to do about it. Its code is made of the
name that it has here: E034 is LN034, and W002 is LW002.
"""

import re
from typing import Any

WIDEST = 500  # characters of what a message tells; what it quotes may be a line of megabytes


class CodedError(ValueError):
    """An error of this package. Its message starts with a code, such as [LN034]."""


def shorten(message: str) -> str:
    """A message without its middle, if it is long."""
    half = WIDEST // 2
    return message if len(message) <= WIDEST else f"{message[:half]} ... {message[-half:]}"


class Coded(type):
    """Puts each message's code before it."""

    def __new__(mcs, name: str, bases: tuple[type, ...], names: dict[str, Any]) -> "Coded":
        """Make the class. Attributes named E or W and three digits are messages."""
        for key, message in names.items():
            if re.fullmatch(r"[EW]\d{3}", key):
                letter = "N" if key[0] == "E" else "W"
                names[key] = f"[L{letter}{key[1:]}] {message}"
        return super().__new__(mcs, name, bases, names)


class Errors(metaclass=Coded):
    """Messages of exceptions."""

    # Tags and labels
    E001 = (
        "Unknown tag {tag!r}. Expected 'O', '-' or a prefix, a hyphen and a label, with "
        "the prefix one of {prefixes} (BIO, BILUO, BIOES), for example 'B-PER'."
    )
    E002 = "Unknown tag scheme {scheme!r}. Expected one of: {expected}."
    E003 = (
        "Label {label!r} occurs twice in the labels. Each label of a tag scheme may be given once."
    )

    # Saved pipelines
    E020 = (
        "The saved model has format {found}, this version of spacy_lstm_ner reads formats "
        "up to {known}. Install the version that the pipeline's meta.json asks for, or train again."
    )
    E021 = (
        "The saved model is damaged: {part} cannot be read, or is not what its checksum "
        "says. Copy or download the pipeline again."
    )
    E022 = (
        "The saved component '{name}' cannot be read ({error}). It is damaged or cut off, "
        "or was saved with other settings or labels than those of the component that reads it. "
        "Copy or download the whole pipeline again, and load it into a new one with its own config."
    )
    E023 = (
        "The component '{name}' has labels for {expected} tags, its model scores {found}. "
        "Its weights were loaded without its labels; load it again without exclude=['cfg']."
    )
    E024 = (
        "The model's scores are not finite numbers, so there is no best tag. Its weights "
        "are damaged, or its training diverged: load an intact copy, or train again with a lower "
        "learn rate."
    )
    E025 = (
        "The weights of a saved layer do not fit its settings ({problem}). Another version "
        "of spacy_lstm_ner wrote it, or it was changed by hand: install the version that the "
        "pipeline's meta.json asks for, or copy the pipeline again."
    )
    E026 = (
        "The saved layer '{layer}' has {name} = {found!r}, the component that reads it has "
        "{own!r}. With another value its weights would mean something else: set {name} in the "
        "config to what was saved, or train again."
    )

    # Settings
    E030 = "The setting {name} is {value!r}. Expected one of: {options}."
    E031 = (
        "The lists attrs, rows and widths of an embedding have {attrs}, {rows} and "
        "{widths} items. Give every attribute its number of rows and its width."
    )
    E032 = (
        "vector_width is {width}, but the pipeline has no static vectors. Set vectors in "
        "[initialize], or vector_width to 0."
    )
    E033 = (
        "The labels of the component '{name}' are {labels!r}. Expected a list of strings, "
        "none of them empty, such as ['ORG', 'PER']. `spacy init labels` writes one."
    )
    E034 = "The setting {name} is {value}. Expected {expected}."
    E035 = (
        "The embedding has no parts: word_width, char_width and vector_width are 0 and "
        "attrs is empty. Give it one of them."
    )
    E036 = (
        "The model of the component '{name}' is '{model}', which does not score tags. "
        "Expected spacy_lstm_ner.LSTMTagger.v2 or v1: leave [components.{name}.model] out of the "
        "config, and `spacy init fill-config` writes the default one."
    )
    E037 = (
        "The model reads static vectors of width {expected}, those of the vocabulary have "
        "{found}. Load the vectors that it was trained with: name them in [initialize], or take "
        "the component from its pipeline together with the vocabulary."
    )
    E038 = (
        "An embedding of words cannot read {name!r}, one of its attrs. Expected attributes of a "
        "word's form, such as: {options}. Those of a token in its context, such as TAG or POS, are "
        "read by spacy.MultiHashEmbed.v2, which can be the `embed` of spacy.Tok2Vec.v2 as well."
    )
    E039 = (
        "Cannot read labels from {path} ({problem}). Expected a JSON list of strings, such as "
        '["ORG", "PER"], which `spacy init labels` writes. Give such a file as --paths.labels, or '
        "null to find the labels in the training data."
    )
    E040 = (
        "A span is given as incorrect that is annotated, or that nothing else than it can be: "
        "{words!r}, tokens {start} to {end} of the document that begins with {first_words!r}, with "
        "the label {label!r}. Take it out of the annotation or out of the incorrect spans."
    )
    E041 = (
        "The document that begins with {words!r} is said to be annotated for {unknown!r}, and the "
        "component has no such label. Its labels are: {known}. Correct the labels of the reader in "
        "[corpora], or add the label to the component."
    )
    E042 = (
        "The costs of '{name}' name {label!r}, which is none of its labels. Expected some of: "
        "{known}. Correct the costs in [components.{name}]."
    )
    E043 = (
        "A span of {length:,} tokens in a document of {document:,} is given as incorrect, with the "
        "label {label!r}, which is too long to learn from: {words!r}, in the document that begins "
        "with {first_words!r}. Give shorter spans, or divide the document."
    )

    # Corpora
    E100 = (
        "{count} problem(s) in the input; nothing was written. Correct them and convert "
        "again.\n{problems}"
    )
    E101 = (
        "Not encoded in {encoding}. Save the file in that encoding, or name the one it has "
        "with --encoding."
    )
    E102 = "Cannot rename or drop labels that do not occur: {unknown}. The labels are: {seen}."
    E103 = (
        "Found the columns {found}. Expected a token in column {word} and its tag in "
        "column {tag} (counted from 0, or from -1 at the end), separated by a tab or spaces, and a "
        "blank line between sentences. --word-column and --tag-column name others."
    )
    E104 = "Found the columns {found}. Expected {expected}, as in ner_dataset.csv."
    E105 = (
        "The archive {path} has {found} CSV files in it. Expected one: unpack it, and give "
        "the file that is meant."
    )
    E106 = (
        "No input: {path} does not exist, or holds no file of the format. Give a file, or "
        "a folder with files in it."
    )
    E107 = (
        "{path} holds no documents. Check that it is of the format that its name says (--format "
        "sets another), or take it out of the input."
    )
    E108 = (
        "{lost} of {total} mentions ({share:.1%}) begin or end within a token, are in pieces, or "
        "are said to be right and wrong, more than the {allowed:.1%} allowed; nothing was written. "
        "Correct them, such as by moving their ends to the ends of words, or raise --max-lost.\n"
        "{places}"
    )
    E109 = "Cannot tell the format of {path}. Name it with --format, one of: {formats}."
    E110 = "Unknown label {label!r}. Expected one of: {known}."
    E111 = "The document {name!r} has no sentences. Write some, or remove its header."
    E112 = "Found {line!r}. Expected '## <id> <split>' with a split of: {splits}."
    E113 = "The id {name!r} is taken by an earlier document. Give each its own."
    E114 = "A mark opens inside a mark. Close the first with '](LABEL)', or write '\\['."
    E115 = "A bracket closes that was not opened. Write '\\]' for a bracket in the text."
    E116 = "The mark has no label. Write '[text](LABEL)'."
    E117 = "The mark is empty. Write '[text](LABEL)'."
    E118 = "The mark is not closed. Write '[text](LABEL)', or '\\[' for a bracket."
    E120 = (
        "The published split '{name}' is of {expected} documents, the input has {found}. "
        "Use the complete source, or shares such as --split 70/15/15."
    )
    E121 = "Unknown split {how!r}. Expected one of {names}, or shares such as 70/15/15."
    E122 = (
        "The document names no split, and others do. Name its split, call its file train, "
        "dev or test, or use --split none, which ignores what documents name."
    )
    E123 = (
        "No format of the input has an option {option!r}. The options of its formats are: "
        "{options}."
    )
    E124 = (
        "{first} and {second} would both become {stem}.spacy. Rename one of them, or "
        "convert them one by one."
    )
    E125 = (
        "Cannot write the files: {error}. All are as they were. Give a folder that can be "
        "written to, with room for them."
    )

    E130 = (
        "Cannot read scores from {item!r}. Expected NAME=PATH, with a JSON file that "
        "`spacy evaluate --output` wrote."
    )
    E131 = (
        "Cannot decode with the encoding {encoding!r} ({error}). Name one that Python knows, such "
        "as utf-8 or windows-1252, with --encoding."
    )
    E132 = (
        "The text has the character {character!r}, which no text has. The file is perhaps in "
        "UTF-16, or no text at all: name its encoding with --encoding, or remove the character."
    )
    E133 = (
        "Cannot read {path} ({error}). Give a file that can be read, or take it out of the folder."
    )
    E134 = (
        "Not a row of a CSV file ({error}). Rows end with their line, and a field with a "
        "quotation mark in it stands in quotation marks, with that one doubled: a quotation mark "
        'by itself is """".'
    )
    E135 = "The row has no word. Write the token, or remove the row."
    E136 = "Cannot read the archive {path} ({error}). Unpack it, and give the file in it."
    E137 = (
        "The file in the archive {path} has {size} bytes, more than the {limit} that are unpacked "
        "in memory. Unpack it, and give the file in it."
    )
    E138 = (
        "Cannot make a tokenizer for the language {lang!r} ({error}). Give the code of a language "
        "that spaCy has with --lang, and install the packages that it needs."
    )
    E140 = (
        "Cannot load the pipeline {model!r} ({error}). Expected the folder or the name of an "
        "installed package of a trained pipeline."
    )
    E141 = (
        "Cannot read documents from {path} ({error}). Expected a .spacy file, such as `convert` "
        "writes."
    )
    E142 = "Cannot write {path} ({error}). Name a file in a folder that can be written to."
    E143 = (
        "The pipeline {model!r} finds no entities: its components are {components}. Give one with "
        "lstm_ner or another recognizer."
    )
    E144 = (
        "Cannot check the config {path} ({error}). Expected a training config, such as "
        "`spacy init config` writes, whose data and pipelines are where it says."
    )

    # Probabilities
    E149 = (
        "The document has no vectors for '{name}', whose words come from a component before it. "
        "Ask about a document that the pipeline has processed; a DocBin stores no vectors."
    )
    E150 = (
        "The component '{name}' has {key!r} as a key of doc.spans. Expected a name such as 'sc', "
        "or null for none: correct spans_key or candidates_key in [components.{name}]."
    )
    E151 = (
        "The component '{name}' is to write both its entities and its candidates to "
        "doc.spans[{key!r}]. Give spans_key and candidates_key different names."
    )
    E152 = "Unknown mode {mode!r}. Expected one of {modes}, or a number from 0 to 1."
    E153 = (
        "The mode {mode!r} of the component '{name}' has not been fitted, or the component was "
        "trained further, which drops what was fitted. Fit it on annotated text "
        "with `python -m spacy lstm-ner calibrate MODEL DEV OUT --{mode} 0.95`, or set mode to "
        "'balanced' or a number."
    )
    E154 = (
        "doc.spans[{key!r}] holds spans of another component or of your own, which '{name}' does "
        "not overwrite. Give the two different keys: set spans_key or candidates_key in "
        "[components.{name}]; or delete doc.spans[{key!r}] of documents from elsewhere."
    )
    E169 = (
        "Both '{name}' and '{other}' are to write to doc.spans[{key!r}]. Give them different keys: "
        "set spans_key or candidates_key in [components.{name}], or the key of '{other}'."
    )
    E155 = (
        "Characters {start} to {end} do not begin and end with tokens of the document, or are not "
        "in it. An entity is made of whole tokens: give those of doc.char_span(start, end, "
        'alignment_mode="expand").'
    )
    E156 = "The model has no label {label!r}. Expected one of: {labels}."
    E157 = (
        "{span} is no span of the document that was asked about, or has no tokens. Expected one "
        "such as doc[3:5], or its first character and the one after its last, such as (14, 23)."
    )
    E158 = (
        "{span} cannot be given as known: it has no tokens, is of another document, or overlaps "
        "another entity or a blocked token. Give entities of the document without overlap."
    )
    E159 = (
        "The span {text!r} has no label, and none was named. Name the one to ask about, as "
        "probability(span, label): {labels}."
    )
    E160 = (
        "Too few mentions to promise a {kind} of {level} with a confidence of {confidence}: there "
        "are {total} that are annotated and can be found, and at least {needed} are needed, more "
        "as a rule. Give more annotated text, or promise less."
    )
    E161 = (
        "A {kind} of {level} cannot be promised with a confidence of {confidence}: where it would "
        "be easiest, {right} of {total} mentions are right. Promise less, give more annotated "
        "text, or train a better model."
    )
    E162 = (
        "The annotated text has no entities of any label of the component '{name}', so there is "
        "nothing to fit probabilities on. Give text that is annotated with: {labels}."
    )
    E168 = (
        "The annotated text has {found} mentions that the component '{name}' is to find, those "
        "that earlier components set aside; too few to fit probabilities on. Give text with at "
        "least {needed}."
    )
    E163 = (
        "The annotated text has labels that the component '{name}' does not know: {unknown}. "
        "Convert it with `python -m spacy lstm-ner convert --map OLD=NEW --drop OLD`, so that it "
        "has none but: {labels}."
    )
    E164 = (
        "The pipeline {model!r} has no lstm_ner; its components are {components}. Give one that "
        "has."
    )
    E165 = (
        "The pipeline {model!r} has several components of the factory lstm_ner: {names}. Name one "
        "with --name."
    )
    E166 = (
        "Cannot write the pipeline to {path} ({error}); nothing was changed. Name a folder that "
        "can be written to, with room for it."
    )
    E167 = (
        "{path} is there already, and is no pipeline or holds other files as well. Name a new "
        "folder, or that of the same pipeline, which is then replaced."
    )

    # Other text
    E170 = (
        "The component '{name}' has no vocabulary to tell unknown words by: its words come from "
        "another component or a transformer, or word_width is 0. Ask one whose own tok2vec has "
        "LexicalEmbed or WordEmbed; ask(doc).uncertainty is there for every model."
    )

    # Ranking
    E171 = (
        "Cannot read texts from {path} ({error}). Expected a .spacy file, a .jsonl file with an "
        'object with a "text" on each line, or a .txt file with a text on each line, in UTF-8.'
    )
    E172 = (
        "Line {line} of {path} is no text: {error}. Expected such as "
        '{{"text": "Ada met Bob.", "meta": {{"source": "news"}}}}, where all but "text" can be '
        "left out. Correct the line or remove it."
    )
    E173 = "There are no texts in {path}. Give a file with at least one."
    E174 = "Unknown format {format!r}. Expected one of: {formats}."
    E175 = (
        "The texts and the output are the same file, {path}, which would be lost. Name another "
        "output."
    )

    # Instruments
    E180 = (
        "Pictures need matplotlib, which is not installed. Install it with the extra: pip install "
        "'spacy_lstm_ner[inspect]'."
    )
    E181 = (
        "The pipeline has no recurrent encoder: its components are {components}. Expected one with "
        "spacy_lstm_ner.LSTMEncoder.v1 in its model, such as lstm_ner."
    )
    E182 = (
        "The pipeline has several recurrent encoders, in {components}. Name one of these "
        "components with --name."
    )
    E183 = (
        "There is too little text in {path}, {tokens} tokens, to measure how gradients flow. Give "
        "documents with at least {needed} tokens together, better some thousands."
    )
    E184 = (
        "Two of the models are called {name!r}. Give each a name of its own, as in "
        "before=configs/default.cfg after=training/model-best."
    )
    E185 = "Cannot make a pipeline of the config {path} ({error}). Correct the config."
    E186 = (
        "The encoder in the component '{name}' has no weights. Train the pipeline, or give a "
        "config to see how training would start."
    )
    E187 = "Cannot read a text from {path} ({error}). Give a file of UTF-8, or the text itself."
    E188 = "The text has no tokens. Give one with a few words."
    E189 = (
        "The label {label!r} does not tell some tokens from others: the documents have the labels "
        "{found}. Name one of these, and give --corpus if the text alone has none."
    )
    E190 = (
        "No entity is annotated in the documents, of which there are {number}, so there are no "
        "errors to show. Give text that is annotated with entities, such as `convert` writes."
    )
    E191 = (
        "The pipelines have different labels: {model!r} has {ours}, {against!r} has {theirs}. "
        "Compare two that were trained on the same labels."
    )
    E192 = (
        "The page would take the place of {path}, which is to be read. Name another file for the "
        "page."
    )

    E200 = (
        "No embedding with a vocabulary is in the pipeline, whose components are {components}. "
        "Expected a trained one with LexicalEmbed (word_width above 0) or WordEmbed."
    )
    E201 = (
        "The pipeline has several embeddings with a vocabulary, in {components}. Name one of these "
        "components with --name."
    )

    # Distillation
    E210 = (
        "The teacher {teacher!r} found no entity in {texts} texts, the first of which is "
        "{first!r}; its components are {components}. Give a pipeline that recognizes entities, "
        "exclude none of the components that it needs for that, and see that the texts are what it "
        "is to read."
    )
    E211 = (
        "The teachers found labels that the gold text does not have: {labels}. Say what becomes of "
        "each: --map OLD=NEW renames it, --drop OLD takes its entities for none, --unknown OLD "
        "leaves open what they are. The gold text has: {gold}. What was labelled is kept."
    )
    E212 = (
        "The option --{option} names {labels}, and none of these was found. The labels of the "
        "teachers are: {found}. What was labelled is kept."
    )
    E213 = (
        "The labels {labels} are named by more than one of --map, --drop and --unknown. Name each "
        "once."
    )
    E214 = (
        "{folder} was begun with something else: {differences}. Give what was given then to go on, "
        "or name another folder. To begin anew there, delete {path}."
    )
    E215 = "Cannot use {path} for the output: {problem}. Name a new folder, or one that is empty."
    E216 = (
        "No entity is annotated in the gold text {path}. Give text that is annotated with "
        "entities, such as `convert` writes, or none."
    )
    E217 = (
        "The config {path} has {number} components of the factory lstm_ner. Expected one, as in "
        "what `spacy init config --pipeline lstm_ner` writes."
    )
    E218 = "Cannot make a student of the config {path} ({error}). Correct the config."
    E219 = (
        "{path} has {texts} texts that are not empty. Expected at least {needed}, since some are "
        "not trained on but measured with."
    )
    E220 = (
        "The teacher failed in texts {first} to {last} ({error}). What it labelled before is "
        "kept: the same command goes on from there."
    )
    E221 = (
        "Cannot read what was labelled from {path} ({error}). Delete the file, and the same "
        "command labels its texts again."
    )
    E222 = (
        "The manifest {path} cannot be read ({error}). It is damaged: name another folder for the "
        "output, or delete the manifest to begin anew there."
    )
    E223 = "The teacher {teacher!r} is given twice. Give each once."
    E224 = (
        "--drop and --unknown name all labels of the teachers, so that none is left to learn: "
        "{found}. Leave out those that the student is to find. What was labelled is kept."
    )

    # Readers of corpora
    E230 = (
        "Cannot join corpora: weights are given for {unknown}, and the corpora are: {names}. Give "
        "a block for each corpus, such as [corpora.train.corpora.news], after an empty block "
        "[corpora.train.corpora], and weights of these names."
    )
    E231 = (
        "Cannot join corpora: '{name}' is {corpus!r}, which is no reader. Give a block with "
        '@readers = "spacy.Corpus.v1" and a path, or another reader.'
    )

    # What annotation tools write
    E240 = (
        "Found a span from {start!r} to {end!r}. Expected whole numbers, its first character and "
        "the one after its last, with 0 <= start < end <= {length}, the length of its text. "
        "Correct them. In files of doccano, which may count an emoji as two characters, use "
        "--offsets utf-16."
    )
    E241 = (
        "The text from {offsets} is {found!r}, and not {quote!r}, as the file says. The "
        "text was perhaps changed after it was annotated: give the one that was annotated, or "
        "correct the offsets."
    )
    E242 = (
        "This is no JSON ({error}). Expected a list of objects, or an object on each line. Save "
        "the file anew, or remove what is damaged."
    )
    E243 = 'Found {found} as "{name}". Expected {expected}.'
    E244 = "Found {found}. Expected an object of JSON, such as {{}}."
    E245 = (
        "None of the {count} records says anything about entities; the first: {first}. Give a file "
        "with texts that are annotated."
    )
    E246 = (
        "Cannot tell the format of {path} by its name and what is in it: it could be {formats}. "
        "Name it with --format."
    )
    E247 = (
        'The "tokens" of the task do not spell its "text". Give tokens in the order of the text, '
        "which leave out nothing but space; or leave them out, and the text is cut anew."
    )
    E248 = (
        "There is no text: {path}. Put the text that is annotated there, with the same name as "
        "the annotation but for .txt."
    )
    E249 = (
        "Found {line!r}. Expected an identifier, a label with offsets, and the words, with tabs "
        "between the three, such as: T1<tab>PER 0 3<tab>Ada."
    )
    E250 = (
        "Found {found!r}. Expected a token and its tag, with or without its part of speech "
        "between them, such as Ada|B-PER or Ada|NNP|B-PER, and white space between tokens."
    )
    E251 = (
        "Reading {path} needs pyarrow, which is not installed. Install it with the extra: pip "
        "install 'spacy_lstm_ner[parquet]'."
    )
    E252 = (
        "The row has {tokens} tokens and {tags} tags. Expected a tag for each token: correct the "
        "row, or remove it."
    )
    E253 = (
        "The tag {tag} has no name; the names, from 0, are: {names}. Give those of the data set, "
        "such as --tag-names O,B-PER,I-PER."
    )
    E254 = (
        "{path} would be written in the place of a file that is read. Name another folder for the "
        "output."
    )
    E255 = (
        'Found {found} as "tokens" and "{tags}". Expected two lists, of tokens and of their tags. '
        "Correct the row, or remove it."
    )
    E256 = (
        "Nothing is annotated: with tokens in column {word} and tags in column {tag}, every tag is "
        "'-'. Name the columns, such as --word-column 1 --tag-column 2 for Universal NER."
    )
    E257 = (
        "Found the columns {found}. Expected the ten of CoNLL-U between tabs, the first the number "
        "of a word and the second the word, and an empty line between sentences."
    )
    E258 = (
        "Nothing is annotated: no word has the tag of an entity in the last column, such as "
        "name=B-PER, NE=B-PER, NER=B-PER or B-PER."
    )
    E259 = (
        "No {suffix} file of that name is beside it, as beside other texts of the folder. Move the "
        "text away if nobody has annotated it, or leave out all such texts with --format {format}."
    )

    # Errors of annotation
    E260 = (
        "The weight of a document is {weight!r}. Expected a number of 0 or more: 1 counts as any "
        "other document, 2 as two, 0 not at all."
    )
    E261 = (
        "{path} has {documents} documents, which are to be divided into {folds} folds. Expected at "
        "least 2 folds and a document for each: set --folds, or divide the text into more "
        "documents."
    )
    E262 = (
        "No entity is annotated in {path}, which has {documents} documents, so none can be wrong. "
        "Give text that is annotated with entities, such as `convert` writes."
    )
    E263 = (
        "Fold {fold} of round {round} failed ({error}). Correct that, and the same command goes on "
        "from there: the folds that have ended are kept."
    )
    E264 = (
        "Cannot read what was found in a fold from {path} ({error}). Delete the file, and the same "
        "command trains that fold again."
    )

    # Conversion
    E265 = (
        "The shares {how} of {total} document(s) leave none for {empty}. Give more documents, "
        "other shares, or a share of 0 for a file that is not to be written."
    )
    E266 = (
        'Found nothing as "{empty}", and something as "{full}". Remove that of the two which is '
        "not the annotation of the text."
    )
    E267 = (
        "Labels cannot be written: {wrong}. Expected a name without space at its ends, other than "
        "'O' and '-', which are tags of what is no entity, and without '!' at its beginning, which "
        "spaCy takes for 'not'. Correct the label, rename it with --map OLD=NEW, or leave its "
        "entities out with --drop OLD."
    )
    E268 = (
        "Nothing is annotated: no annotation marks words of a text with labels. Expected results "
        "of the type 'labels', or in JSON-MIN a list of objects with start, end and labels. Export "
        "a project in which entities are marked, or leave out the file."
    )
    E269 = (
        "Cannot tell which text is annotated; the task has: {found}. Expected a text of the name "
        "{names}, or a single one that has all words that the marks of the file quote, at their "
        "places. Rename the key of the annotated one to {names}."
    )
    E271 = (
        "This is no annotated text: it has the name of a page about others, such as README, or it "
        "has no mark such as [London](GEO) and no line '## <id> <split>', which a text without "
        "entities needs. Move it away if it is such a page; else rename it, mark its entities or "
        "write such a line, or name another format with --format, which leaves out files of others."
    )
    E272 = (
        "The label {label!r} is the address of a link. Move the file away if it is a page and no "
        "annotated text; else write '\\[' and '\\]' for brackets that mark nothing."
    )

    # Annotating any number of texts
    E280 = (
        "Cannot tell the format of {path}. Expected a name that ends with one of {endings}; text "
        "formats may be compressed, with {compressed} after that."
    )
    E281 = (
        "Cannot read {path} ({error}). Nothing was annotated. Repair the file, or leave it out of "
        "the input."
    )
    E282 = (
        "The text has {length:,} characters, and the pipeline takes {most:,} (its max_length). "
        "Divide the text."
    )
    E283 = "A component left the text out."
    E284 = (
        "{place} has no column of texts named {text!r}. Name the column that has them (--text); "
        "the columns are: {columns}."
    )
    E285 = (
        "{place} has a column {name!r}, which is where results go. Rename it, or choose columns "
        "without it (--columns)."
    )
    E286 = "There is no text: it is null."
    E287 = (
        "The pipeline {model!r} is another here ({found}) than where the work was begun "
        "({expected}). Give every machine the same pipeline and libraries."
    )
    E288 = "The line is not UTF-8: its byte {place} is {byte:#04x}. Convert the file to UTF-8."
    E289 = (
        "There is no string named {text!r}. Name the field with the text (--text); the fields are: "
        "{fields}."
    )
    E290 = "The line is no object of JSON ({error})."
    E291 = (
        "The field {name!r} is none that the first {lines:,} lines have, so the table has no "
        "column for it. Say what to keep (--columns), or write JSONL (--format jsonl)."
    )
    E292 = (
        "Found {value!r} as {name!r}, where the first lines have {type}. Leave the field out "
        "(--columns), or write JSONL (--format jsonl)."
    )
    E293 = (
        "Row {row} of {path} has a quote that is never closed. Nothing was annotated. Close it, or "
        "double quotes within a value."
    )
    E294 = "The row has {values} values, and the header {columns} columns."
    E295 = "The row is no CSV ({error})."
    E296 = "No file matches {path!r}. Expected a file, a folder with files, or a pattern."
    E297 = (
        "{path} has other columns than {first}: {differences}. Choose columns that all files have "
        "(--columns), or annotate the files one by one."
    )
    E298 = (
        "Cannot write {path} as one file: it would have to be in memory as a whole. Name a folder; "
        "spaCy reads folders of .spacy files."
    )
    E299 = (
        "{path} is named as {ending} is, and the format given is {format!r}. Leave one of the two "
        "out."
    )
    E300 = "{path} is there already. Remove it, or name another output."
    E301 = (
        "{path} was begun and not finished. --resume goes on with it; remove the folder to start "
        "anew."
    )
    E302 = "Another run is writing to {path}. Wait for it, or name another output."
    E303 = (
        "A worker failed ({error}). The {done:,} of {parts:,} parts that are whole are kept in "
        "{path}: --resume goes on from there."
    )
    E304 = (
        "{read:,} documents were read, and there are {annotated:,} annotated and {failed:,} failed "
        "ones, so something was lost. Please report this; {path} is left as it is."
    )
    E305 = (
        "Annotating files needs pyarrow, which is not installed. Install it with the extra: pip "
        "install 'spacy_lstm_ner[annotate]'."
    )
    E306 = "There are no texts in {path}."
    E307 = "Ray is not installed. Install it with the extra: pip install 'spacy_lstm_ner[ray]'."
    E308 = (
        "Cannot work on the Ray cluster {address!r} ({error}). Expected where its head answers, "
        "such as 10.0.0.1:6379, or 'auto' for the cluster that this machine is part of. See that "
        "it runs (`ray status`), and that this machine is one of its nodes."
    )
    E309 = (
        "{path} is not there on this machine. Every machine of the cluster must see the pipeline, "
        "the input and the output under the same names: put them where all of them can read and "
        "write."
    )
    E310 = (
        "{address!r} is the address of a cluster, and the work is to be done on this machine. Add "
        "--engine ray, or leave out --address."
    )
    E311 = (
        "The {rows:,} texts of {path} from row {first} on have ended {lost} processes, one after "
        "the other, such as for want of memory or in a component that crashes. Leave out the text "
        "that does it, or give each worker more memory."
    )
    E312 = (
        "Ray gave up ({error}). See that every machine of the cluster has this package and its "
        "libraries, in the same versions, and what Ray's own logs say."
    )
    E313 = (
        "No file of {path} has a column {name!r}. Correct the columns that are asked for "
        "(--columns) and the one that names rows (--id)."
    )

    # Several processes in one training
    E320 = (
        "Process {rank} of the training has lost the others ({error}). One of them has ended: see "
        "what it said."
    )
    E321 = (
        "The processes of the training do not have the same weights: one has {name}, {shape}. They "
        "are to start alike: set [training] seed to a number, give the labels in "
        "[initialize.components], and let all read the same files. In the first batches, every "
        "process needs something for each component to learn."
    )
    E322 = (
        "There are {examples} examples to train on, fewer than the {processes} processes that are "
        "to share each batch. Start fewer."
    )
    E323 = (
        "The processes of the training do not read the same batch. Set [training] seed to a "
        "number, and let all read the same files."
    )
    E324 = (
        "Several processes train together, and [{missing}] of the config is not "
        "spacy_lstm_ner.DataParallel.v1. Both [training.batcher] and [training.optimizer] are to "
        "be, around the blocks that were there: see configs/data_parallel.cfg."
    )

    # Several trainings
    E340 = (
        "There is another config named {name!r} beside {path}, and trainings are kept by that "
        "name. Give one of the two files another name."
    )
    E341 = (
        "The trainings in {folder} are by another config of this name: {differences}. Give that "
        "again to go on, give the file of the changed config another name, or move the folder away."
    )
    E342 = (
        "{key} is to be changed, but the seeds are those of --seeds: 0, 1 and so on. Leave it out."
    )
    E343 = (
        "Cannot train by the config {path} ({error}). Expected a training config, such as "
        "`spacy init config` writes, and overrides of what is in it."
    )
    E344 = (
        "Cannot read what came of a training from {path} ({error}). Delete the file, and the same "
        "command trains again."
    )


class Warnings(metaclass=Coded):
    """Messages of warnings."""

    W001 = (
        "The training data of '{name}' (corpus: {corpus}) has no entities, so no entity can be "
        "learned. Check that the corpus was converted with its annotation."
    )
    W002 = (
        "The dropout rate of training is 0, which silences every kind of dropout: in the "
        "layer '{layer}', {settings} has no effect. Set [training] dropout above 0, or pass drop "
        "to nlp.update; or set these to 0 as well."
    )
    W003 = (
        "In the training data of '{name}' (corpus: {corpus}) every token of which anything is "
        "known is in an entity, which teaches that everything is one. If its entities are some of "
        "those that there are, read it with @readers = 'spacy_lstm_ner.PartlyAnnotated.v1' and "
        "silence = 'unknown'. Else check that tokens outside of entities are annotated as such."
    )
    W004 = (
        "No training document of '{name}' has spans under its incorrect_spans_key, {key!r}, among "
        "those read before training (of a stream, the first hundred). Correct the key, or leave it "
        "out. Groups of spans that documents have: {found}."
    )
    W005 = (
        "Spans of training documents are given to '{name}' as incorrect that have labels which it "
        "does not have, and teach nothing: {strange}. Correct them, or leave these spans out. Its "
        "labels are: {known}."
    )
    W101 = (
        "No pictures and no page: matplotlib is not installed. Install it with the extra: pip "
        "install 'spacy_lstm_ner[inspect]'."
    )
    W190 = (
        "No pictures on the page: matplotlib is not installed. Install it with the extra: pip "
        "install 'spacy_lstm_ner[inspect]'."
    )
    W100 = (
        "{count} mentions begin or end within a token, are in pieces, or are said to be right and "
        "wrong; their tokens are written as not annotated:\n{places}"
    )
    W102 = "{count} mentions were given up for a longer one that they overlap:\n{places}"
    W103 = "{count} records say nothing, and were skipped:\n{places}"
    W210 = (
        "The teachers have no label {labels}. If that is not because it is rare, correct its name. "
        "The labels of the teachers are: {found}."
    )
    W211 = (
        "The teachers found no entity in the text that is held out ({texts} texts), so nothing can "
        "be said of how faithful the student is. Without --dev its best weights are not chosen "
        "either. Give more text."
    )
