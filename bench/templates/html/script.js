(() => {
const unfold = (at) => { for (let e = at; e; e = e.parentElement) { if (e.localName === "details") { e.open = true; } } };
const follow = () => {
const at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (at) { unfold(at); at.scrollIntoView(); }
};
addEventListener("hashchange", follow);
follow();
let shut = [];
addEventListener("beforeprint", () => { shut = [...document.querySelectorAll("details:not([open])")]; for (const d of shut) { d.open = true; } });
addEventListener("afterprint", () => { for (const d of shut) { d.open = false; } });
})();
