"""What an outside provider says is believed only where every word of it holds."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.access import oidc
from app.access.oidc import Identity, Provider, Strength, provider_of
from app.errors import ProviderFailed, SetupError

ISSUER, HERE = "https://id.example", "https://here.example/login/oidc/callback"
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEY, OTHER_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
PUBLIC = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key())) | {"kid": "1", "use": "sig"}
DESCRIPTION = {
    "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/auth?tenant=1",
    "token_endpoint": f"{ISSUER}/token", "jwks_uri": f"{ISSUER}/keys",
}  # fmt: skip
HOSTS = frozenset({"id.example"})
PROVIDER = Provider(ISSUER, "here", "secret of both", Strength(), HOSTS)


def id_token(*, key=KEY, algorithm="ES256", key_id="1", without=(), **changed):
    claims = {"iss": ISSUER, "aud": "here", "sub": "zhang", "nonce": "nonce", "iat": AT.timestamp(),
              "exp": (AT + timedelta(minutes=5)).timestamp()} | changed  # fmt: skip
    said = {name: value for name, value in claims.items() if name not in without}
    return jwt.encode(said, key, algorithm=algorithm, headers={"kid": key_id})


@pytest.fixture
def provider(monkeypatch):
    """A provider that answers what the test has put in: `answers[path] = (status, content)`."""

    answering = SimpleNamespace(
        answers={
            "/.well-known/openid-configuration": (200, DESCRIPTION),
            "/keys": (200, {"keys": [PUBLIC]}),
            "/token": (200, {"id_token": id_token()}),
        },
        asked=[],
    )

    def answer(request):
        answering.asked.append(request)
        status, content = answering.answers[request.url.path]
        return httpx2.Response(status, json=content)

    transport = httpx2.MockTransport(answer)
    monkeypatch.setattr(oidc, "_client", lambda: httpx2.Client(transport=transport))
    return answering


def identity(provider=PROVIDER, at=AT):
    return oidc.identity(provider, code="code", verifier="verifier", nonce="nonce", redirect_uri=HERE, at=at)


def test_the_challenge_is_the_hash_of_the_verifier_and_the_address_keeps_its_own_question(provider):
    begun = oidc.begin(PROVIDER, redirect_uri=HERE)
    asked = parse_qs(httpx2.URL(begun.url).query.decode())
    challenge = (
        base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).decode().rstrip("=")
    )
    assert asked["code_challenge"] == [challenge]
    assert asked["tenant"] == ["1"]
    assert begun.verifier not in begun.url


@pytest.mark.parametrize("client_secret", ["secret of both", None])
def test_a_word_that_holds_names_the_person(provider, client_secret):
    public = Provider(ISSUER, "here", client_secret, Strength(), HOSTS)
    assert identity(public) == Identity("zhang", is_strong=False)
    (sent,) = (request for request in provider.asked if request.url.path == "/token")
    form = parse_qs(sent.content.decode())
    assert form["code_verifier"] == ["verifier"]
    assert ("client_id" in form) == (client_secret is None)
    assert ("authorization" in sent.headers) == (client_secret is not None)


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "no.token.atall",
        id_token(key=OTHER_KEY),
        id_token(key_id="2"),
        id_token(key=RSA_KEY, algorithm="RS256"),
        id_token(key="secret of both" * 4, algorithm="HS256"),
        id_token(key="", algorithm="none"),
        id_token(iss="https://evil.example"),
        id_token(aud="another"),
        id_token(aud=["here", "another"]),
        id_token(aud=["here", "another"], azp="another"),
        id_token(nonce="of another sign-in"),
        id_token(exp=(AT - timedelta(minutes=2)).timestamp()),
        id_token(iat=(AT + timedelta(minutes=2)).timestamp()),
        *[id_token(without=(claim,)) for claim in ("iss", "aud", "sub", "nonce", "iat", "exp")],
    ],
)
def test_a_word_that_does_not_hold_names_nobody(provider, forged):
    provider.answers["/token"] = (200, {"id_token": forged})
    with pytest.raises(ProviderFailed):
        identity()


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", (400, {"error": "invalid_grant"})),
        ("/token", (200, {})),
        ("/token", (200, [])),
        ("/keys", (200, {"keys": [PUBLIC, PUBLIC]})),
        ("/keys", (503, {})),
        ("/.well-known/openid-configuration", (200, DESCRIPTION | {"issuer": "https://evil.example"})),
        ("/.well-known/openid-configuration", (200, DESCRIPTION | {"token_endpoint": "http://id.example/t"})),
        ("/.well-known/openid-configuration", (200, DESCRIPTION | {"jwks_uri": "https://evil.example/keys"})),
        ("/.well-known/openid-configuration", (404, {})),
    ],
)
def test_a_provider_that_answers_wrongly_names_nobody(provider, path, answer):
    provider.answers[path] = answer
    with pytest.raises(ProviderFailed):
        identity()


@pytest.mark.parametrize("issuer", ["http://id.example", "id.example", ""])
def test_a_provider_is_trusted_over_https_only(issuer):
    with pytest.raises(SetupError):
        provider_of(issuer, "here", None)


def test_half_a_provider_is_told_at_once_and_none_is_none():
    assert provider_of(None, None, None) is None
    with pytest.raises(SetupError):
        provider_of(ISSUER, None, None)
    with pytest.raises(SetupError):
        provider_of(None, "here", None)


MULTI_FACTOR = Strength(acr_values=("urn:mfa",), amr_values=("otp", "hwk"))


@pytest.mark.parametrize(
    ("claims", "is_strong"),
    [
        ({}, False),
        ({"acr": "urn:mfa"}, True),
        ({"acr": "urn:password"}, False),
        ({"acr": ["urn:mfa"]}, False),
        ({"amr": ["pwd", "otp"]}, True),
        ({"amr": ["pwd"]}, False),
        ({"amr": "otp"}, False),
    ],
)
def test_a_sign_in_there_is_strong_only_in_the_words_the_operator_accepts(provider, claims, is_strong):
    provider.answers["/token"] = (200, {"id_token": id_token(**claims)})
    asked = Provider(ISSUER, "here", None, MULTI_FACTOR, HOSTS)
    assert identity(asked) == Identity("zhang", is_strong)
    assert not identity().is_strong, "where the operator accepts no words, none count"


@pytest.mark.parametrize(
    ("claims", "believed"),
    [
        ({"auth_time": AT.timestamp() - 300}, True),
        ({"auth_time": AT.timestamp() - 361}, False),
        ({"auth_time": True}, False),
        ({}, False),
    ],
)
def test_where_a_sign_in_has_to_be_fresh_the_provider_has_to_say_since_when(provider, claims, believed):
    provider.answers["/token"] = (200, {"id_token": id_token(**claims)})
    asked = Provider(ISSUER, "here", None, Strength(max_age_seconds=300), HOSTS)
    if believed:
        assert identity(asked).subject == "zhang"
    else:
        with pytest.raises(ProviderFailed, match="auth_time"):
            identity(asked)


def test_the_provider_is_asked_for_the_strength_and_the_freshness_of_the_settings(provider):
    asked = Provider(ISSUER, "here", None, Strength(("urn:mfa", "urn:key"), (), 300), HOSTS)
    query = parse_qs(httpx2.URL(oidc.begin(asked, redirect_uri=HERE).url).query.decode())
    assert (query["acr_values"], query["max_age"]) == (["urn:mfa urn:key"], ["300"])


def test_a_secret_goes_to_no_host_but_the_issuers_and_those_the_operator_has_named(provider):
    elsewhere = DESCRIPTION | {"token_endpoint": "https://token.example/token"}
    provider.answers["/.well-known/openid-configuration"] = (200, elsewhere)
    with pytest.raises(ProviderFailed, match="CREDIT_VILLAGE_OUTGOING_HOSTS"):
        identity()
    named = provider_of(ISSUER, "here", "secret", hosts=frozenset({"id.example", "token.example"}))
    assert named is not None
    assert identity(named).subject == "zhang"
    with pytest.raises(SetupError, match=r"id\.example is not in CREDIT_VILLAGE_OUTGOING_HOSTS"):
        provider_of(ISSUER, "here", None, hosts=frozenset({"token.example"}))
