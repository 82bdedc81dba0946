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
from app.access.oidc import Provider, provider_of
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
PROVIDER = Provider(ISSUER, "here", "secret of both")


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


def subject(provider=PROVIDER, at=AT):
    return oidc.subject(provider, code="code", verifier="verifier", nonce="nonce", redirect_uri=HERE, at=at)


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
    assert subject(Provider(ISSUER, "here", client_secret)) == "zhang"
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
        subject()


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
        ("/.well-known/openid-configuration", (404, {})),
    ],
)
def test_a_provider_that_answers_wrongly_names_nobody(provider, path, answer):
    provider.answers[path] = answer
    with pytest.raises(ProviderFailed):
        subject()


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
