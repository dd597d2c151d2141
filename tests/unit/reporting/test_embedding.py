"""Nothing that comes from data becomes markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icspark.reporting import embedding


@given(st.text())
def test_json_in_a_script_can_be_read_back_and_closes_nothing(text: str) -> None:
    made = embedding.script_json({"name": text})
    assert json.loads(made) == {"name": text}
    assert not set("<>&\u2028\u2029") & set(made)


def test_a_script_element_in_a_name_is_harmless() -> None:
    assert "</script" not in embedding.script_json(["</script><script>alert(1)</script>", "<!--"])


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_not_a_number_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        embedding.script_json([number])


def test_values_are_escaped_unless_they_are_markup() -> None:
    filled = embedding.fill("<p title='$a'>$a</p>$b", {"a": "<b>\"'&", "b": embedding.Markup("<br>")})
    assert filled == "<p title='&lt;b&gt;&quot;&#x27;&amp;'>&lt;b&gt;&quot;&#x27;&amp;</p><br>"


def test_a_value_that_the_template_lacks_is_an_error() -> None:
    with pytest.raises(KeyError, match="b"):
        embedding.fill("$a", {"a": 1, "b": 2})


def test_a_dollar_in_data_stays_a_dollar() -> None:
    assert embedding.fill("$a", {"a": "$b costs $1"}) == "$b costs $1"


def test_the_policy_allows_the_pages_own_script_and_styles_and_nothing_else() -> None:
    template = '<meta content="$policy"><style>$styles</style><script>$scripts</script>'
    page = embedding.self_contained(template, styles="p{}", scripts="let a = 1 < 2;", values={})
    policy = re.search('content="(.+?)"', page).group(1)
    for text in ("p{}", "let a = 1 < 2;"):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy
    assert policy.startswith("default-src &#x27;none&#x27;")
    assert "http" not in policy
    assert "<script>let a = 1 < 2;</script>" in page
