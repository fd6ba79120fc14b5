"""x."""
from dashboard.serving import Copy
def show(copy: Copy) -> None:
    """Draw the page."""
