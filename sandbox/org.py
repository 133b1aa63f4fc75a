"""What does the sandbox company consist of, before people and days bring it to life?

The fixed names that several parts must agree on: AWS accounts and users, Okta apps, service accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

PERIOD_START = date(2026, 3, 1)
"""The first evidence day; ids and histories are anchored here, whatever instant a process starts at."""
PERIOD_END = date(2026, 3, 30)

ORG = "acme"
DOMAIN = "acme-shop.example"

AWS_ACCOUNTS = {"111111111111": "production", "222222222222": "staging", "333333333333": "logging"}
"""Account id -> name; the first is the management account."""


@dataclass(frozen=True)
class IamUser:
    """A user of one AWS account: a machine, a console user with password and MFA, or a person's keys."""

    account: str
    name: str
    console: bool = False
    person: int | None = None
    """Whose access keys they are; such a user has no password."""

    @property
    def subject(self) -> str:
        """How faults.yaml names the user."""
        return f"{self.account}/{self.name}"

    @property
    def machine(self) -> bool:
        """Whether no person is behind it."""
        return not self.console and self.person is None


IAM_USERS = (
    IamUser("111111111111", "ci-deploy"),
    IamUser("111111111111", "orders-backup"),
    IamUser("111111111111", "reporting-export"),
    IamUser("111111111111", "erp-sync"),
    IamUser("111111111111", "billing-console", console=True),
    IamUser("111111111111", "break-glass", console=True),
    IamUser("111111111111", "payments-cli", person=24),
    IamUser("222222222222", "ci-staging"),
    IamUser("222222222222", "load-test"),
    IamUser("222222222222", "qa-console", console=True),
    IamUser("222222222222", "staging-cli", person=40),
    IamUser("333333333333", "log-shipper"),
    IamUser("333333333333", "siem-reader"),
    IamUser("333333333333", "audit-console", console=True),
)


@dataclass(frozen=True)
class ServiceAccount:
    """An Okta user that is a machine. It stands in register_service_account with interactive=false."""

    name: str
    owner: str
    purpose: str

    @property
    def login(self) -> str:
        """The Okta login, which is also `account` in the register (system_id okta)."""
        return f"svc-{self.name}@{DOMAIN}"


SERVICE_ACCOUNTS = (
    ServiceAccount("hr-import", "People Operations", "imports joiners and leavers from the HR system"),
    ServiceAccount("helpdesk-sync", "IT Operations", "copies users into the help desk"),
    ServiceAccount("siem-reader", "Security", "reads the system log"),
    ServiceAccount("report-runner", "Finance", "runs scheduled reports"),
    ServiceAccount("signage", "IT Operations", "shows dashboards on office screens"),
)


@dataclass(frozen=True)
class App:
    """An application people reach through Okta.

    `system_id` is its row in register_system, where mfa_required is then true and okta_app_label is `label`.
    """

    label: str
    name: str
    sign_on_mode: str
    group: str
    policy: str
    system_id: str | None = None


ADMIN_CONSOLE = "Okta Admin Console"

APPS = (
    App(ADMIN_CONSOLE, "saasure", "OPENID_CONNECT", "okta-admins", "Okta Admin Console", "okta"),
    App("AWS IAM Identity Center", "amazon_aws_sso", "SAML_2_0", "app-aws", "Production systems", "aws"),
    App("GitHub Enterprise Cloud", "githubcloud", "SAML_2_0", "app-github", "Production systems", "github"),
    App("Jira", "jira_onprem", "SAML_2_0", "everyone-staff", "Business systems", "jira"),
    App("Stripe Dashboard", "stripe", "SAML_2_0", "app-stripe", "Production systems", "stripe"),
    App("Shop Back Office", "oidc_client", "OPENID_CONNECT", "app-backoffice", "Production systems", "shop"),
    App("Slack", "slack", "SAML_2_0", "everyone-staff", "Business systems"),
    App("Zendesk", "zendesk", "SAML_2_0", "app-zendesk", "Business systems", "zendesk"),
    App("Lunch Menu", "bookmark", "BOOKMARK", "everyone-staff", "Low risk"),
)


@dataclass(frozen=True)
class AccessRule:
    """A rule of an access policy. `steps` is 0 for `ASSURANCE` with two factors, else a chain's length."""

    policy: str
    name: str
    steps: int = 0
    access: str = "ALLOW"

    @property
    def subject(self) -> str:
        """How faults.yaml names the rule."""
        return f"{self.policy}/{self.name}"

    @property
    def in_scope(self) -> bool:
        """Whether it lets people into an app of a registered system."""
        return self.access == "ALLOW" and any(a.system_id for a in APPS if a.policy == self.policy)


ACCESS_RULES = (
    AccessRule("Okta Admin Console", "Admin Console: phishing-resistant"),
    AccessRule("Okta Admin Console", "Catch-all Rule"),
    AccessRule("Production systems", "Blocked countries", access="DENY"),
    AccessRule("Production systems", "Managed device"),
    AccessRule("Production systems", "Engineers step up", steps=2),
    AccessRule("Production systems", "Catch-all Rule"),
    AccessRule("Business systems", "Office network"),
    AccessRule("Business systems", "Catch-all Rule"),
    AccessRule("Low risk", "Catch-all Rule"),
)

DEPARTMENTS = {
    "IT Operations": 10,
    "Security": 8,
    "Engineering": 34,
    "Data": 8,
    "Finance": 10,
    "Customer Support": 20,
    "Marketing": 9,
    "People Operations": 5,
    "Product": 7,
    "Management": 1,
}
"""Department -> people at the start of the period, numbered through in this order; the first is its head."""

STAFF_AT_START = sum(DEPARTMENTS.values())
HEADS = dict(
    zip(DEPARTMENTS, [1 + sum(list(DEPARTMENTS.values())[:n]) for n in range(len(DEPARTMENTS))], strict=True)
)
"""Department -> the number of its head."""
OKTA_ADMINS = {
    1: "SUPER_ADMIN",
    2: "SUPER_ADMIN",
    3: "ORG_ADMIN",
    4: "APP_ADMIN",
    5: "HELP_DESK_ADMIN",
    11: "READ_ONLY_ADMIN",
    12: "REPORT_ADMIN",
    13: "HELP_DESK_ADMIN",
}
"""Person -> administrator role. Help desk administrators hold it through a group, the others themselves."""
DISMISSIBLE = (*(user.person for user in IAM_USERS if user.person), 66, 78, 86, 97)
"""People who stay unless a fault dismisses them: two with keys of their own in AWS, the others staff of the
admin panel who sign in through the identity provider."""
UNSTEADY_STAFF = [
    n for n in range(1, STAFF_AT_START + 1) if not (n % 7 or n in HEADS.values() or n in OKTA_ADMINS)
]
"""People of whom some move, leave or get locked out during the period."""
STEADY_STAFF = [n for n in range(1, STAFF_AT_START + 1) if n not in {*UNSTEADY_STAFF, *DISMISSIBLE}]
"""People who neither move, leave nor get locked out during the period: to whom faults can happen exactly."""
READER = "siem-reader"
"""The service account whose token our own connector uses in Okta."""
READER_ROLE = "evidence-reader"
"""The role our own connector assumes in every AWS account."""

HELP_DESK = "okta-help-desk-admins"
GROUP_DEPARTMENTS = {
    "everyone-staff": tuple(DEPARTMENTS),
    "app-aws": ("IT Operations", "Security", "Engineering", "Data"),
    "app-github": ("Security", "Engineering", "Data", "Product"),
    "app-stripe": ("Finance",),
    "app-backoffice": ("Finance", "Customer Support", "Marketing", "Product"),
    "app-zendesk": ("Customer Support", "Product"),
}
"""Group that gives access to apps -> the departments whose people are in it."""

LOCAL_STAFF = (62, 73)
"""People whose account in the shop's admin panel has its own password, with a one-time code."""
BACK_OFFICE_ROLES = {
    "Finance": ("finance", ("order_read", "payout_read", "refund_approve")),
    "Finance head": (
        "finance-lead",
        ("order_read", "payout_read", "refund_approve", "payout_account_change"),
    ),
    "Customer Support": ("support", ("order_read", "refund_create")),
    "Customer Support head": ("support-lead", ("order_read", "refund_create", "customer_merge")),
    "Marketing": ("marketing", ("order_read", "promotion_edit", "price_override")),
    "Product": ("product", ("order_read", "catalogue_edit", "price_override_approve")),
}
"""Department, or its head -> the role in the shop's admin panel and what it permits."""

DASHBOARD_ROLES = {
    "Finance": "analyst",
    "Finance head": "administrator",
    "Customer Support": "support_specialist",
}
"""Department, or its head -> the role in the payment processor's dashboard, whose list somebody drops."""


def staff_of(department: str) -> list[int]:
    """Return the steady people of a department who use the admin panel through the identity provider."""
    head = HEADS[department]
    return [n for n in STEADY_STAFF if head < n < head + DEPARTMENTS[department] and n not in LOCAL_STAFF]


STEADY_MEMBERS = [n for d in GROUP_DEPARTMENTS["app-github"] for n in staff_of(d)]
"""Members of the organisation at the code host to whom faults can happen exactly."""
TOKEN_OWNERS = staff_of("Engineering")[:3]
"""Who has a fine-grained token there."""
STAFF_FOR_FAULTS = [n for d in ("Finance", "Customer Support", "Marketing") for n in staff_of(d)]
"""Users of the admin panel to whom faults can happen exactly."""

AWS_PERMISSION_SETS = {
    "Administrator": (4, ("AdministratorAccess",)),
    "PowerUser": (8, ("PowerUserAccess",)),
    "ReadOnly": (8, ("ReadOnlyAccess",)),
    "SecurityAudit": (8, ("SecurityAudit",)),
}
"""Permission set -> hours of a session, and AWS's own policies in it."""
AWS_ASSIGNMENTS = {
    "IT Operations": [(account, "Administrator") for account in AWS_ACCOUNTS],
    "Security": [(account, "SecurityAudit") for account in AWS_ACCOUNTS],
    "Engineering": [("111111111111", "ReadOnly"), ("222222222222", "PowerUser")],
    "Data": [("111111111111", "ReadOnly")],
}
"""Department -> what its group is given in which account."""


@dataclass(frozen=True)
class Vendor:
    """A vendor, and what assures the company that it is secure; None: it is asked itself."""

    id: str
    name: str
    service: str
    tier: str
    assurance: str | None

    @property
    def subject(self) -> str:
        """How faults.yaml names it."""
        return f"vendor {self.id}"


VENDORS = (
    Vendor("aws", "Amazon Web Services", "Cloud hosting", "critical", "soc2_type2"),
    Vendor("okta", "Okta", "Identity provider", "critical", "soc2_type2"),
    Vendor("stripe", "Stripe", "Payment processing", "critical", "pci_aoc"),
    Vendor("github", "GitHub", "Code hosting", "high", "soc2_type2"),
    Vendor("zendesk", "Zendesk", "Help desk", "high", "iso27001"),
    Vendor("parcelpost", "Parcel Post", "Parcel labels", "high", None),
    Vendor("canteen", "The Canteen", "Lunch", "low", None),
)

POLICIES = (
    ("access", "Access control policy", "security", ("AC-01", "AC-02", "AC-03", "AC-04", "AC-10")),
    ("keys", "Secrets and keys policy", "security", ("SK-01", "SK-02")),
    ("vendors", "Vendor management policy", "procurement", ("VR-03",)),
    ("recovery", "Business continuity policy", "platform", ("AV-05",)),
)
"""Policy, its title, who answers for it, and the controls it asks for."""

GITHUB_KEY, GITHUB_KEY_ID = "handbook/deploy-key", 66_002
"""The secret that is the private half of the one deploy key that may write, and its id there."""
SECRETS = {
    "111111111111": {
        "payments/stripe/live": "stripe",
        "shop/postgres/app": "postgres",
        "erp/api": "erp",
        GITHUB_KEY: "github",
    },
    "222222222222": {"payments/stripe/test": "stripe"},
    "333333333333": {"siem/ingest": "siem"},
}
"""AWS account -> the names of the secrets in its vault, and whose credentials they are."""
