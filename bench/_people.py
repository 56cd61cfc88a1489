"""What people do at a portfolio of services: a Locust file, started by staff_pages.py."""

import json
import os
import random

from locust import FastHttpUser, between, task

KEYS = json.loads(os.environ["SESSION_KEYS"])
HOST, SERVICES = os.environ["HOST_NAME"], int(os.environ["SERVICES"])


TEAMS, OWN = 20, 6


class Person(FastHttpUser):
    """Looks around for 1 to 3 seconds after each page, as a person who is signed in and behind the proxy.

    Of services, mostly at the half dozen that their team looks after, and now and then at any other; at the
    portfolio in between, mostly as it opens; at lists and in the API on any page.
    """

    wait_time = between(1, 3)

    def on_start(self) -> None:
        number = random.randrange(len(KEYS))
        self.team = number % TEAMS
        self.services = [self.team + TEAMS * place for place in range(OWN)]
        self.headers = {
            "Cookie": f"__Host-session={KEYS[number]}",
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "Accept-Encoding": "gzip",
        }

    def visit(self, path: str, name: str) -> None:
        self.client.get(path, name=name, headers=self.headers, allow_redirects=False)

    @task(4)
    def overview(self) -> None:
        choices = [*["/admin/"] * 3, f"/admin/?team=Team+{self.team}", f"/admin/?page={random.randrange(1, 11)}"]
        self.visit(random.choice(choices), "portfolio")

    @task(4)
    def service(self) -> None:
        number = random.randrange(SERVICES) if random.random() < 0.1 else random.choice(self.services) % SERVICES
        self.visit(f"/admin/readiness/service-{number:03}/", "readiness")

    @task(2)
    def stages(self) -> None:
        self.visit(f"/admin/roadmap/milestone/?p={random.randrange(10)}", "roadmap: milestones")

    @task(2)
    def work(self) -> None:
        self.visit(f"/admin/roadmap/task/?claim__exact=todo&p={random.randrange(10)}", "roadmap: tasks")

    @task(2)
    def conditions(self) -> None:
        self.visit(f"/admin/roadmap/criterion/?p={random.randrange(10)}", "roadmap: criteria")

    @task(2)
    def list_api(self) -> None:
        self.visit(f"/api/v1/criteria/?offset={random.randrange(500) * 50}", "API: criteria")
