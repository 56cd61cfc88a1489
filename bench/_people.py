"""What people do at a portfolio of services: a Locust file, started by staff_pages.py."""

import json
import os
import random
import secrets
from datetime import UTC, datetime, timedelta

from locust import FastHttpUser, between, task

KEYS = json.loads(os.environ["SESSION_KEYS"])
HOST, SERVICES = os.environ["HOST_NAME"], int(os.environ["SERVICES"])


TEAMS, OWN, TASKS = 20, 6, 30


class Person(FastHttpUser):
    """Looks around for 1 to 3 seconds after each page, as a person who is signed in and behind the proxy.

    Of services, mostly at the half dozen that their team looks after, and now and then at any other; at the
    portfolio in between, mostly as it opens; at lists and in the API on any page. One action in 33 saves a task.
    """

    wait_time = between(1, 3)

    def on_start(self) -> None:
        number = random.randrange(len(KEYS))
        self.team = number % TEAMS
        self.services = [self.team + TEAMS * place for place in range(OWN)]
        token = secrets.token_hex(16)
        self.token = {"X-CSRFToken": token, "Referer": f"https://{HOST}/"}
        self.headers = {
            "Cookie": f"__Host-session={KEYS[number]}; __Host-csrf={token}",
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "Accept-Encoding": "gzip",
        }

    def visit(self, path: str, name: str) -> None:
        self.client.get(path, name=name, headers=self.headers, allow_redirects=False)

    @task(8)
    def overview(self) -> None:
        choices = [*["/admin/"] * 3, f"/admin/?team=Team+{self.team}", f"/admin/?page={random.randrange(1, 11)}"]
        self.visit(random.choice(choices), "portfolio")

    @task(8)
    def service(self) -> None:
        number = random.randrange(SERVICES) if random.random() < 0.1 else random.choice(self.services) % SERVICES
        self.visit(f"/admin/readiness/service-{number:03}/", "readiness")

    @task(4)
    def stages(self) -> None:
        self.visit(f"/admin/roadmap/milestone/?p={random.randrange(1, 11)}", "roadmap: milestones")

    @task(4)
    def work(self) -> None:
        self.visit(f"/admin/roadmap/task/?claim__exact=todo&p={random.randrange(1, 11)}", "roadmap: tasks")

    @task(4)
    def conditions(self) -> None:
        self.visit(f"/admin/roadmap/criterion/?p={random.randrange(1, 11)}", "roadmap: criteria")

    @task(4)
    def list_api(self) -> None:
        self.visit(f"/api/v1/criteria/?offset={random.randrange(500) * 50}", "API: criteria")

    @task(1)
    def save_work(self) -> None:
        """Look at a task, then put its target off: whoever overtook is told so, and that is no failure here."""
        path = f"/api/v1/tasks/{random.randrange(SERVICES * TASKS) + 1}/"
        seen = self.client.get(path, name="API: a task", headers=self.headers).json()
        day = datetime.now(UTC).date() + timedelta(days=random.randrange(100))
        change = {"target_on": day.isoformat(), "version": seen["version"]}
        with self.client.patch(
            path, json=change, name="API: saving it", headers=self.headers | self.token, catch_response=True
        ) as answer:
            if answer.status_code in {200, 409}:
                answer.success()
