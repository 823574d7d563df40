"""Can a template run what somebody typed, or anything inline?"""

from tests.architecture.source import calls, dotted, matches, product, texts

FORBIDDEN = {
    r"\|\s*safe(seq)?\b": "marks a value safe",
    r"{%\s*autoescape\s+off": "switches escaping off",
    r"<script(?![^>]*\bsrc=)[^>]*>": "inline script",
    r"<style\b": "inline style sheet",
    r"\sstyle\s*=": "inline style",
    r"\son[a-z]+\s*=\s*[\"']": "inline event handler",
    r"javascript:": "script in a link",
    r"hx-on[:\-]": "inline script of htmx",
    r"https?://(?!www\.w3\.org/)[^\s\"'<]+\.(js|css)\b": "loads from elsewhere",
}


def test_templates_run_nothing_inline_and_escape_everything() -> None:
    found = [
        f"{path}:{line}: {why}: {text.strip()}"
        for path, content in texts(".html", ".svg")
        if path.parts[0] == "templates"
        for pattern, why in FORBIDDEN.items()
        for line, text in matches(pattern, content)
    ]

    assert found == []


def test_code_marks_nothing_safe() -> None:
    found = [
        module.at(call, f"{dotted(call.func)}()")
        for module in product()
        for call in calls(module.tree)
        if dotted(call.func).rpartition(".")[2] in {"mark_safe", "SafeString", "SafeText"}
    ]

    assert found == []


def test_every_form_that_posts_carries_its_token() -> None:
    found = [
        f"{path}:{line}: a form that posts without csrf_token"
        for path, content in texts(".html")
        if path.parts[0] == "templates"
        for line, form in matches(r"<form\b[^>]*method=[\"']post[\"'][\s\S]*?</form>", content)
        if "csrf_token" not in form
    ]

    assert found == []
