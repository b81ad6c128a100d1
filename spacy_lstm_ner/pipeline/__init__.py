"""The component: documents and examples in, entities and losses out."""
