// Where the navigation is wider than a phone, show the place where the reader is.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    for (const link of document.querySelectorAll("#header nav [aria-current]"))
        link.scrollIntoView({block: "nearest", inline: "center"});
});
