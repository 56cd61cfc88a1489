// Keys for people who work in lists all day. Every page works without them.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const help = document.getElementById("keyboard-help");
    if (!help) return;

    let current = -1;
    let goesTo = false; // after g, the next key names a place

    const rows = () => [...document.querySelectorAll("#result_list tbody tr, .plain-list > li")];
    const row = () => rows()[current];

    function move(step) {
        const all = rows();
        if (!all.length) return;
        row()?.classList.remove("at-hand");
        current = Math.min(Math.max(current + step, 0), all.length - 1);
        row().classList.add("at-hand");
        row().scrollIntoView({block: "nearest"});
        link(row())?.focus({preventScroll: true});
    }

    const link = element => element.querySelector("th a, a.name, a");

    const keys = {
        "/": () => document.querySelector("#searchbar, input[type=search]")?.focus(),
        "j": () => move(1),
        "k": () => move(-1),
        "x": () => row()?.querySelector("input.action-select")?.click(),
        "o": () => row() && link(row())?.click(),
        "g": () => { goesTo = true; },
        "?": () => help.showModal(),
    };

    const typing = "input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, .select2-container";
    const isTyping = target => target.isContentEditable || target.closest(typing);

    document.addEventListener("keydown", event => {
        if (event.ctrlKey || event.metaKey || event.altKey || help.open || isTyping(event.target)) return;
        const act = goesTo ? () => help.querySelector(`a[data-key="${CSS.escape(event.key)}"]`)?.click() : keys[event.key];
        goesTo = false;
        if (!act) return;
        event.preventDefault();
        act();
    });
});
