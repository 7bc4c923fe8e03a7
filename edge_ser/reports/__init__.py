"""Results for people, as text, page and picture: reports of a history, and recordings with what became of them."""
