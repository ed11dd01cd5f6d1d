"""SMART standalone launch in a browser, with a server of another site: the strict cookie is back in the end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.recommender.service.service_world import PASSWORD, add_accounts, make_app, run_server
from tests.recommender.service.test_page_browser import check_page
from tests.recommender.service.test_smart import Ehr, register

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: dev)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; Debian has it: apt-get install chromium")


def test_a_clinician_opens_a_patient_of_another_site(tmp_path: Path) -> None:
    ehr = Ehr()
    with run_server(ehr.app()) as address:
        ehr.url = address.replace("127.0.0.1", "localhost")  # another site than the service's
        register(tmp_path, f"{ehr.url}/fhir")
        add_accounts(tmp_path, ["clinician"])
        app = make_app(tmp_path)
        with run_server(app) as url, sync_api.sync_playwright() as playwright:
            app.state.parts.smart._redirect = f"{url}/smart/callback"  # the port is known only now
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(locale="en-US")
            page.goto(f"{url}/login")
            page.fill("#name", "clinician")
            page.fill("#password", PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("link", name="Hospital").click()
            page.wait_for_url(f"{url}/smart/patient*")
            page.locator("#result h2").first.wait_for()
            assert "penicillin" in page.locator("#result").inner_text()
            assert '"pat-1"' in page.input_value("#patient")
            check_page(page, "smart-1280")
            browser.close()
