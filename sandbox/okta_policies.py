"""How does Okta write the company's policies and their rules?"""

from __future__ import annotations

from datetime import timedelta

from sandbox.okta_objects import FOUNDED, Objects, Record, text
from sandbox.org import ACCESS_RULES, ADMIN_CONSOLE, APPS, AccessRule

OTHER_POLICIES = {
    "OKTA_SIGN_ON": "Default Policy",
    "MFA_ENROLL": "Default Policy",
    "PASSWORD": "Default Policy",
}
"""Policy type -> name of the organisation's only policy of that type."""


class Policies:
    """The organisation's policies at one instant."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    def policy_id(self, name: str, policy_type: str = "ACCESS_POLICY") -> str:
        """Return the identifier of a policy."""
        return self.objects.id("rst" if policy_type == "ACCESS_POLICY" else "00p", policy_type, name)

    def policies(self, policy_type: str) -> list[Record]:
        """Return the policies of a type."""
        access = dict.fromkeys(app.policy for app in APPS)
        names = list(access) if policy_type == "ACCESS_POLICY" else [OTHER_POLICIES[policy_type]]
        return [
            {
                "id": self.policy_id(name, policy_type),
                "status": "ACTIVE",
                "name": name,
                "priority": priority,
                "system": policy_type != "ACCESS_POLICY" or name == ADMIN_CONSOLE,
                "conditions": None,
                "created": text(FOUNDED),
                "lastUpdated": text(FOUNDED),
                "_links": {
                    "self": self.objects.link("policies", self.policy_id(name, policy_type)),
                    "rules": self.objects.link("policies", self.policy_id(name, policy_type), "rules"),
                    "mappings": self.objects.link("policies", self.policy_id(name, policy_type), "mappings"),
                },
                "type": policy_type,
            }
            for priority, name in enumerate(names, 1)
        ]

    def mappings(self, policy: str) -> list[Record]:
        """Return the apps that an access policy is mapped to."""
        return [
            {
                "id": self.objects.id("app", policy, app.label),
                "_links": {
                    "self": self.objects.link(
                        "policies", policy, "mappings", self.objects.id("app", policy, app.label)
                    ),
                    "application": self.objects.link("apps", self.objects.app_id(app)),
                    "policy": self.objects.link("policies", policy),
                },
            }
            for app in APPS
            if self.policy_id(app.policy) == policy
        ]

    def rule_id(self, rule: AccessRule) -> str:
        """Return the identifier of an access rule."""
        return self.objects.id("rul", rule.subject)

    def rules(self, policy: str) -> list[Record]:
        """Return the rules of a policy, the first to apply first."""
        mine = [rule for rule in ACCESS_RULES if self.policy_id(rule.policy) == policy]
        found = [self._access_rule(rule, priority) for priority, rule in enumerate(mine)]
        for policy_type, name in OTHER_POLICIES.items():
            if self.policy_id(name, policy_type) == policy:
                found.append(self._default_rule(policy, policy_type))
        return found

    def _access_rule(self, rule: AccessRule, priority: int) -> Record:
        last = rule.name == "Catch-all Rule"
        changed, eased = FOUNDED, False
        for fault in self.objects.company.faults.of("okta_rule_one_factor"):
            if fault.subject == f"rule {rule.subject}":
                begun = self.objects.company.moment_of(fault, fault.first)
                ended = self.objects.company.moment_of(fault, fault.last + timedelta(days=1))
                eased = eased or begun <= self.objects.now < ended
                changed = max(changed, *(at for at in (FOUNDED, begun, ended) if at <= self.objects.now))
        sign_on: Record = {"access": rule.access}
        if rule.access == "ALLOW":
            sign_on["verificationMethod"] = _verification(rule, eased)
        return {
            "id": self.rule_id(rule),
            "status": "ACTIVE",
            "name": rule.name,
            "priority": 99 if last else priority,
            "created": text(FOUNDED),
            "lastUpdated": text(changed),
            "system": last,
            "conditions": None if last else _conditions(rule),
            "actions": {"appSignOn": sign_on},
            "_links": {
                "self": self.objects.link(
                    "policies", self.policy_id(rule.policy), "rules", self.rule_id(rule)
                )
            },
            "type": "ACCESS_POLICY",
        }

    def _default_rule(self, policy: str, policy_type: str) -> Record:
        found = self.objects.id("0pr", policy_type)
        session = {
            "usePersistentCookie": False,
            "maxSessionIdleMinutes": 120,
            "maxSessionLifetimeMinutes": 720,
        }
        actions: dict[str, Record] = {
            "OKTA_SIGN_ON": {
                "signon": {
                    "access": "ALLOW",
                    "requireFactor": True,
                    "primaryFactor": "PASSWORD_IDP_ANY_FACTOR",
                    "factorPromptMode": "ALWAYS",
                    "rememberDeviceByDefault": False,
                    "session": session,
                }
            },
            "MFA_ENROLL": {"enroll": {"self": "LOGIN"}},
            "PASSWORD": {
                "passwordChange": {"access": "ALLOW"},
                "selfServicePasswordReset": {"access": "ALLOW"},
                "selfServiceUnlock": {"access": "DENY"},
            },
        }
        return {
            "id": found,
            "status": "ACTIVE",
            "name": "Default Rule",
            "priority": 1,
            "created": text(FOUNDED),
            "lastUpdated": text(FOUNDED),
            "system": True,
            "conditions": {"people": {"users": {"exclude": []}}, "network": {"connection": "ANYWHERE"}},
            "actions": actions[policy_type],
            "_links": {"self": self.objects.link("policies", policy, "rules", found)},
            "type": "SIGN_ON" if policy_type == "OKTA_SIGN_ON" else policy_type,
        }


def _verification(rule: AccessRule, eased: bool) -> Record:
    """Return what a rule asks of those it lets in."""
    if rule.steps:
        steps = [{"authenticationMethods": [{"key": "okta_password", "method": "password"}]}]
        if not eased:
            steps.append({"authenticationMethods": [{"key": "webauthn", "method": "webauthn"}]})
        head, *rest = steps
        chain: Record = {**head, "next": rest} if rest else dict(head)
        return {"type": "AUTH_METHOD_CHAIN", "chains": [chain]}
    constraints = [] if eased else [{"possession": {"phishingResistant": "REQUIRED"}}]
    return {
        "factorMode": "1FA" if eased else "2FA",
        "type": "ASSURANCE",
        "reauthenticateIn": "PT12H" if rule.name == "Catch-all Rule" else "PT2H",
        "constraints": constraints if "phishing" in rule.name else [],
    }


def _conditions(rule: AccessRule) -> Record:
    """Return when a rule applies."""
    everyone: Record = {"people": {"users": {"exclude": []}, "groups": {"include": []}}}
    if rule.name == "Managed device":
        return everyone | {"device": {"registered": True, "managed": True}}
    zone = "ZONE" if rule.name in ("Office network", "Blocked countries") else "ANYWHERE"
    return everyone | {"network": {"connection": zone}}
