"""Settings, all from the environment (docs/operations.md lists them)."""

import os
from pathlib import Path
from typing import Literal

from pydantic import DirectoryPath, Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

ROOT = Path(__file__).resolve().parent.parent

VAR = ROOT / "var"


class Settings(BaseSettings):
    """What one installation decides for itself."""

    model_config = SettingsConfigDict(frozen=True, populate_by_name=True)

    database_url: str = Field(
        default=f"sqlite:///{ROOT / 'var' / 'credit-village.db'}", validation_alias="DATABASE_URL"
    )
    key_file: Path = Field(default=ROOT / "var" / "master.key", validation_alias="CREDIT_VILLAGE_KEY_FILE")
    master_key: str | None = Field(default=None, validation_alias="CREDIT_VILLAGE_KEY")
    key_command: str | None = Field(default=None, validation_alias="CREDIT_VILLAGE_KEY_COMMAND")
    certificate_key_file: Path | None = Field(
        default=None, validation_alias="CREDIT_VILLAGE_CERTIFICATE_KEY_FILE"
    )
    public_address: str | None = Field(default=None, validation_alias="CREDIT_VILLAGE_PUBLIC_ADDRESS")
    cipher_suite: Literal["aes", "sm4"] = Field(default="aes", validation_alias="CREDIT_VILLAGE_CIPHER_SUITE")
    district_code: str = Field(default="500120000000", validation_alias="CREDIT_VILLAGE_DISTRICT")
    host: str = Field(default="127.0.0.1", validation_alias="CREDIT_VILLAGE_HOST")
    port: int = Field(default=8000, ge=0, le=65535, validation_alias="CREDIT_VILLAGE_PORT")
    token_minutes: int = Field(default=30, ge=1, le=24 * 60, validation_alias="CREDIT_VILLAGE_TOKEN_MINUTES")
    second_factor: Literal["optional", "required"] = Field(
        default="optional", validation_alias="CREDIT_VILLAGE_SECOND_FACTOR"
    )
    code_drift_steps: int = Field(default=0, ge=0, le=1, validation_alias="CREDIT_VILLAGE_CODE_DRIFT_STEPS")
    breached_passwords: Path | None = Field(
        default=None, validation_alias="CREDIT_VILLAGE_BREACHED_PASSWORDS"
    )
    password_grant: Literal["demonstration", "on", "off"] = Field(
        default="demonstration", validation_alias="CREDIT_VILLAGE_PASSWORD_GRANT"
    )
    password_days: int | None = Field(default=None, ge=1, validation_alias="CREDIT_VILLAGE_PASSWORD_DAYS")
    oidc_issuer: str | None = Field(default=None, validation_alias="CREDIT_VILLAGE_OIDC_ISSUER")
    oidc_client_id: str | None = Field(default=None, validation_alias="CREDIT_VILLAGE_OIDC_CLIENT_ID")
    oidc_client_secret: str | None = Field(default=None, validation_alias="CREDIT_VILLAGE_OIDC_CLIENT_SECRET")
    oidc_acr_values: str = Field(default="", validation_alias="CREDIT_VILLAGE_OIDC_ACR_VALUES")
    oidc_amr_values: str = Field(default="", validation_alias="CREDIT_VILLAGE_OIDC_AMR_VALUES")
    oidc_max_age_seconds: int | None = Field(
        default=None, ge=1, validation_alias="CREDIT_VILLAGE_OIDC_MAX_AGE_SECONDS"
    )
    outgoing_hosts: str = Field(default="", validation_alias="CREDIT_VILLAGE_OUTGOING_HOSTS")
    secrets_folder: DirectoryPath | None = Field(
        default=None, validation_alias="CREDIT_VILLAGE_SECRETS_FOLDER"
    )
    log_folder: Path | None = Field(default=None, validation_alias="CREDIT_VILLAGE_LOG_FOLDER")
    seal_folders: str = Field(default="", validation_alias="CREDIT_VILLAGE_SEAL_FOLDERS")
    requests_per_minute: int = Field(default=600, ge=1, validation_alias="CREDIT_VILLAGE_REQUESTS_PER_MINUTE")
    requests_burst: int = Field(default=120, ge=1, validation_alias="CREDIT_VILLAGE_REQUESTS_BURST")
    sign_ins_per_minute: int = Field(default=30, ge=1, validation_alias="CREDIT_VILLAGE_SIGN_INS_PER_MINUTE")
    objections_per_minute: int = Field(
        default=10, ge=1, validation_alias="CREDIT_VILLAGE_OBJECTIONS_PER_MINUTE"
    )
    body_bytes_max: int = Field(default=1_048_576, ge=1, validation_alias="CREDIT_VILLAGE_BODY_BYTES_MAX")
    address_bytes_max: int = Field(default=8_192, ge=1, validation_alias="CREDIT_VILLAGE_ADDRESS_BYTES_MAX")
    headers_bytes_max: int = Field(default=32_768, ge=1, validation_alias="CREDIT_VILLAGE_HEADERS_BYTES_MAX")
    body_seconds_max: int = Field(default=10, ge=1, validation_alias="CREDIT_VILLAGE_BODY_SECONDS_MAX")
    request_seconds_max: int = Field(default=30, ge=1, validation_alias="CREDIT_VILLAGE_REQUEST_SECONDS_MAX")
    source_token: str | None = Field(default=None, validation_alias="CREDIT_VILLAGE_SOURCE_TOKEN")
    source_database_url: str | None = Field(
        default=None, validation_alias="CREDIT_VILLAGE_SOURCE_DATABASE_URL"
    )
    operator_basis: Literal["state_organ", "pboc_led", "licensed_agency", "consent_only"] = Field(
        default="state_organ", validation_alias="CREDIT_VILLAGE_OPERATOR_BASIS"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment; for what is not in it the files of the secrets folder, named as the variables."""
        folder = os.environ.get("CREDIT_VILLAGE_SECRETS_FOLDER")
        if folder is None or not Path(folder).is_dir():
            return init_settings, env_settings
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=folder)

    @property
    def inquiry_log_folder(self) -> Path:
        """Where the log of inquiries is written: beside the SQLite file, or in var/, unless set otherwise."""
        if self.log_folder is not None:
            return self.log_folder
        kind, _, file = self.database_url.partition(":///")
        in_file = kind.startswith("sqlite") and file not in ("", ":memory:")
        return (Path(file).parent if in_file else VAR) / "inquiry-log"

    @property
    def inquiry_seal_folders(self) -> list[Path]:
        """The further places its seals are kept in (separated by `:`): beside it, unless set otherwise."""
        named = [Path(name) for name in self.seal_folders.split(os.pathsep) if name]
        return named or [self.inquiry_log_folder.with_name("inquiry-seals")]

    @property
    def seed_folder(self) -> Path:
        """The folder of the shipped reference data."""
        return ROOT / "seed_data"

    @property
    def policy_folder(self) -> Path:
        """The folder of the shipped rules."""
        return ROOT / "scoring" / "policies"


def from_environment() -> Settings:
    """The settings as the environment has them now."""
    return Settings()
