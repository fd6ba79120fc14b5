"""The dashboard's entrance: `python -m streamlit run dashboard/app.py`, or `make dashboard`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import streamlit as st

from dashboard import theme
from dashboard.serving import Copy, NothingServedError, of_another_version, opened
from dashboard.views import performance, realtime, satisfaction, service_level, traffic, usage

Show = Callable[[Copy], None]


def _page(show: Show) -> Callable[[], None]:
    """Have a page look at the copy once, and let go of it when it is drawn."""

    def look() -> None:
        above = st.container()
        try:
            with opened() as copy:
                show(copy)
        except NothingServedError as error:
            st.title("Nothing to show yet", anchor=False)
            st.info(str(error), icon=":material/database_off:")
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            with above:  # what could be drawn stays
                st.info(of_another_version(error), icon=":material/database_off:")

    return look


def main() -> None:
    """Draw the page that was asked for."""
    st.set_page_config(page_title="Messaging", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide")
    theme.apply()
    pages = [  # the first page is at the root; under its own name it is found, too
        st.Page(_page(usage.show), title="Usage", icon=":material/monitoring:", url_path="", default=True),
        st.Page(_page(usage.show), title="Usage", url_path="usage", visibility="hidden"),
        st.Page(_page(performance.show), title="Users and teams", icon=":material/groups:", url_path="performance"),
        st.Page(_page(service_level.show), title="Service level", icon=":material/timer:", url_path="service-level"),
        st.Page(
            _page(satisfaction.show),
            title="Satisfaction",
            icon=":material/sentiment_satisfied:",
            url_path="satisfaction",
        ),
        st.Page(_page(traffic.show), title="Traffic", icon=":material/swap_vert:", url_path="traffic"),
        st.Page(_page(realtime.show), title="Right now", icon=":material/sensors:", url_path="now"),
    ]
    st.navigation(pages, position="top").run()


main()
