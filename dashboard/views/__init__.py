"""One module a page, each with a function `show`. (Streamlit takes a folder `pages` for its own.)"""
