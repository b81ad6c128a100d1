"""A fast, accurate LSTM named-entity recognizer for spaCy.

Installing the package registers the component `lstm_ner` and its architectures through entry
points; nothing needs to be imported.
"""
