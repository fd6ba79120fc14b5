"""Put the pictures of the documentation site into its one file, so that it can be sent and opened without them.

python -m messaging_warehouse.docs_site target/static_index.html
"""

import base64
import sys
from pathlib import Path

PICTURES = {".svg": "image/svg+xml", ".png": "image/png"}


def embed_pictures(page: Path, folder: Path, below: Path) -> int:
    """Replace each picture's path in a page by the picture itself.

    Args:
        page: the site, as `dbt docs generate --static` writes it.
        folder: where the pictures are.
        below: the folder from which the page names them.

    Returns:
        How many pictures the page names.

    Raises:
        FileNotFoundError: there is no such page.
    """
    text, count = page.read_text(encoding="utf-8"), 0
    for picture in sorted(folder.iterdir()):
        name = picture.relative_to(below).as_posix()
        if picture.suffix in PICTURES and name in text:
            encoded = base64.b64encode(picture.read_bytes()).decode("ascii")
            text, count = text.replace(name, f"data:{PICTURES[picture.suffix]};base64,{encoded}"), count + 1
    page.write_text(text, encoding="utf-8")
    return count


if __name__ == "__main__":
    project = Path.cwd()
    embed_pictures(Path(sys.argv[1]), project / "docs" / "images", project)
