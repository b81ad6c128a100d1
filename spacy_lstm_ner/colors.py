"""Colours of the labels in displaCy."""

DISPLACY_COLORS = {
    "GEO": "#9cd4a3",
    "ORG": "#8fc1e8",
    "PER": "#f4b6c2",
    "TIM": "#f5d787",
    "ART": "#c9b1e6",
}
