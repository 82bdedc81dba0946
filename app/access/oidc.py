"""Signing in at an outside OIDC provider: authorization code with PKCE (OIDC Core 1.0, RFC 7636)."""

import base64
import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import httpx2
import jwt

from app.access.outgoing import hosts_of, refuse_host
from app.errors import ProviderFailed, SetupError
from app.settings import Settings

_LOG = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 5.0
_CLOCK_DRIFT_SECONDS = 60
# Signatures anybody can check with the provider's published key; never ones made with a shared secret.
_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Strength:
    """What the provider has to say of a sign-in for it to count as one with a second factor.

    One of the `acr` values, or one of the `amr` values; with neither none counts. `max_age_seconds`: how long
    ago the person may have signed in there.
    """

    acr_values: tuple[str, ...] = ()
    amr_values: tuple[str, ...] = ()
    max_age_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider an installation trusts, and the client it is registered as there."""

    issuer: str
    client_id: str
    client_secret: str | None
    strength: Strength
    hosts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider names, and whether a second factor was asked for there."""

    subject: str
    is_strong: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in under way: where the browser is sent, and what its return has to fit."""

    url: str
    state: str
    nonce: str
    verifier: str


def provider_of_settings(settings: Settings) -> Provider | None:
    """The provider of an installation; None where there is none."""
    strength = Strength(
        tuple(settings.oidc_acr_values.split()),
        tuple(settings.oidc_amr_values.split()),
        settings.oidc_max_age_seconds,
    )
    hosts = hosts_of(settings.outgoing_hosts)
    secret = settings.oidc_client_secret
    return provider_of(settings.oidc_issuer, settings.oidc_client_id, secret, strength=strength, hosts=hosts)


def provider_of(
    issuer: str | None,
    client_id: str | None,
    client_secret: str | None,
    *,
    strength: Strength | None = None,
    hosts: frozenset[str] = frozenset(),
) -> Provider | None:
    """The provider of these parts; `hosts` are those its endpoints may lie on beside the issuer's own."""
    if issuer is None and client_id is None:
        return None
    address = httpx2.URL(issuer or "")
    if issuer is None or client_id is None or not _is_safe(address):
        raise SetupError(
            "CREDIT_VILLAGE_OIDC_ISSUER and CREDIT_VILLAGE_OIDC_CLIENT_ID belong together, and the issuer is "
            "an https address; correct them"
        )
    if hosts:
        refuse_host(address.host, hosts)
    return Provider(
        issuer, client_id, client_secret, strength or Strength(), hosts or frozenset({address.host})
    )


def begin(provider: Provider, *, redirect_uri: str) -> Begun:
    """Where to send the browser for signing in, with fresh secrets for this one time."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    with _client() as client:
        endpoint = _address(_discovered(client, provider), "authorization_endpoint")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    question = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    if provider.strength.acr_values:
        question["acr_values"] = " ".join(provider.strength.acr_values)
    if provider.strength.max_age_seconds is not None:
        question["max_age"] = str(provider.strength.max_age_seconds)
    return Begun(str(httpx2.URL(endpoint).copy_merge_params(question)), state, nonce, verifier)


def identity(
    provider: Provider, *, code: str, verifier: str, nonce: str, redirect_uri: str, at: datetime
) -> Identity:
    """Who has signed in, as the provider names the person; `ProviderFailed` where its word does not hold."""
    with _client() as client:
        found = _discovered(client, provider)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        answer = _exchanged(client, provider, _endpoint(found, provider, "token_endpoint"), form=form)
        keys = _json(client.build_request("GET", _endpoint(found, provider, "jwks_uri")), client)
    claims = _verified(str(answer.get("id_token", "")), keys, provider=provider, at=at)
    if not secrets.compare_digest(str(claims.get("nonce", "")), nonce):
        raise _failure("the ID token belongs to another sign-in (nonce)")
    _refuse_old_sign_in(claims, provider.strength, at=at)
    return Identity(str(claims["sub"]), _is_strong(claims, provider.strength))


def _is_strong(claims: Mapping[str, Any], strength: Strength) -> bool:
    """Whether the provider says that it asked for more than a password, in the words the operator accepts."""
    methods = claims.get("amr")
    named = methods if isinstance(methods, list) else []
    return claims.get("acr") in strength.acr_values or any(one in strength.amr_values for one in named)


def _refuse_old_sign_in(claims: Mapping[str, Any], strength: Strength, *, at: datetime) -> None:
    """Where the settings say how fresh a sign-in has to be, one without its time is not believed."""
    if strength.max_age_seconds is None:
        return
    since = claims.get("auth_time")
    if not isinstance(since, int | float) or isinstance(since, bool):
        raise _failure("the ID token does not say when the person signed in (auth_time)")
    if at.timestamp() - since > strength.max_age_seconds + _CLOCK_DRIFT_SECONDS:
        raise _failure("the person signed in there too long ago (auth_time)")


def _exchanged(
    client: httpx2.Client, provider: Provider, endpoint: str, *, form: Mapping[str, str]
) -> Mapping[str, Any]:
    """What the provider gives for the code; a public client names itself, another one proves who it is."""
    headers = {"Accept": "application/json"}
    if provider.client_secret is None:
        named = {**form, "client_id": provider.client_id}
        return _json(client.build_request("POST", endpoint, data=named, headers=headers), client)
    pair = f"{quote_plus(provider.client_id)}:{quote_plus(provider.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return _json(client.build_request("POST", endpoint, data=dict(form), headers=headers), client)


def _verified(token: str, keys: Mapping[str, Any], *, provider: Provider, at: datetime) -> Mapping[str, Any]:
    """What an ID token says, once signature, issuer, audience and time are checked (Core 3.1.3.7)."""
    try:
        head = jwt.get_unverified_header(token)
        if head.get("alg") not in _ALGORITHMS:
            raise _failure(f"the ID token is signed with {head.get('alg')}, which is not accepted")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(keys, head.get("kid")),
            algorithms=[head["alg"]],
            audience=provider.client_id,
            issuer=provider.issuer,
            options={
                "require": ["iss", "aud", "exp", "iat", "sub", "nonce"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        expires, issued = float(claims["exp"]), float(claims["iat"])
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise _failure(f"the ID token does not hold ({type(error).__name__})") from error
    now = at.timestamp()
    if not issued - _CLOCK_DRIFT_SECONDS <= now < expires + _CLOCK_DRIFT_SECONDS:
        raise _failure("the ID token is too old, or from the future: check the clocks")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != provider.client_id:
        raise _failure("the ID token was issued to another client (azp)")
    return claims


def _key(keys: Mapping[str, Any], key_id: str | None) -> jwt.PyJWK:
    """The published key an ID token names; the only one where it names none."""
    published = [
        key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if key.public_key_use in (None, "sig")
    ]
    named = [key for key in published if key.key_id == key_id] if key_id is not None else published
    if len(named) != 1:
        raise _failure("the provider publishes no key, or several, for its ID token")
    return named[0]


def _discovered(client: httpx2.Client, provider: Provider) -> Mapping[str, Any]:
    address = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    found = _json(client.build_request("GET", address), client)
    if found.get("issuer") != provider.issuer:
        raise _failure("the provider calls itself by another issuer; set CREDIT_VILLAGE_OIDC_ISSUER to it")
    return found


def _endpoint(found: Mapping[str, Any], provider: Provider, name: str) -> str:
    """An address this service itself asks: on the issuer's host, or on one the operator has named."""
    address = _address(found, name)
    if httpx2.URL(address).host not in provider.hosts:
        raise _failure(f"the {name} lies on a host that is not in CREDIT_VILLAGE_OUTGOING_HOSTS")
    return address


def _address(found: Mapping[str, Any], name: str) -> str:
    address = str(found.get(name, ""))
    if not _is_safe(httpx2.URL(address)):
        raise _failure(f"the {name} of the provider is no https address")
    return address


def _is_safe(address: httpx2.URL) -> bool:
    return address.scheme == "https" or (address.scheme == "http" and address.host in _HERE)


def _client() -> httpx2.Client:
    return httpx2.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False)


def _json(request: httpx2.Request, client: httpx2.Client) -> Mapping[str, Any]:
    try:
        response = client.send(request)
    except httpx2.RequestError as error:
        raise _failure(f"{request.url.path} does not answer ({type(error).__name__})") from error
    try:
        content = response.json()
    except ValueError:
        content = None
    if response.status_code != 200 or not isinstance(content, dict):
        raise _failure(f"{request.url.path} answers {response.status_code}")
    return content


def _failure(reason: str) -> ProviderFailed:
    """A refusal that tells the person little and the operator, in the log, why."""
    _LOG.warning("sign-in at the provider failed: %s", reason)
    return ProviderFailed(
        f"signing in at the outside provider failed: {reason}. Try again, or sign in with a password. "
        "统一身份认证登录失败：请重试，或使用密码登录。"
    )
