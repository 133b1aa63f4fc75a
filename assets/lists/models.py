"""What may a dropped list say of an account and of what it may do, and what must its manifest say?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from assets.registers.models import Instant, RegisterRow, Text, Whole

Count = Annotated[Whole, Field(ge=0)]
Unknown = BeforeValidator(lambda value: "unknown" if value is None else value)


class ListedAccount(RegisterRow):
    """One account, as access_account has it but for the key and the system, which the configuration says."""

    native_id: Text
    login: Text | None = None
    account_type: Annotated[Literal["person", "service", "root", "unknown"], Unknown] = "unknown"
    status: Text
    enabled: bool
    mfa: Annotated[Literal["strong", "weak", "none", "upstream", "unknown"], Unknown] = "unknown"
    strong_factor_count: Count | None = None
    phishing_resistant_factor_count: Count | None = None
    weak_factor_count: Count | None = None
    is_admin: bool | None = None
    console_access: bool
    created_at: Instant | None = None
    last_login_at: Instant | None = None
    status_changed_at: Instant | None = None
    upstream_id: Text | None = None


class ListedEntitlement(RegisterRow):
    """One thing an account may do, as access_entitlement has it, by the account's own id in the system."""

    native_id: Text
    entitlement: Text
    via: Annotated[Text, BeforeValidator(lambda value: "direct" if value is None else value)] = "direct"
    granted_at: Instant | None = None
    expires_at: Instant | None = None


class DroppedFile(RegisterRow):
    """One file of a drop, and how many rows the system itself showed when it was exported."""

    file: Text
    rows_shown: Count

    @field_validator("file")
    @classmethod
    def _beside_the_manifest(cls, value: str) -> str:
        if "/" in value or "\\" in value or value.startswith("."):
            raise ValueError("the file lies beside the manifest: write its bare name")
        if not value.lower().endswith((".csv", ".parquet")):
            raise ValueError("a list is a .csv or a .parquet file")
        return value


class Manifest(RegisterRow):
    """Who exported a list, when and from where, and which files it is."""

    exported_by: Text
    exported_at: Instant
    exported_from: Text
    accounts: DroppedFile
    entitlements: DroppedFile

    @field_validator("exported_from")
    @classmethod
    def _without_secrets(cls, value: str) -> str:
        if "?" in value or "@" in value.partition("://")[2]:
            raise ValueError("write the page's address without user, password and anything after a `?`")
        return value
