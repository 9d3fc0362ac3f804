/* SPDX-License-Identifier: Apache-2.0 */
(function () {
	"use strict";
	var root = document.documentElement, button = document.getElementById("theme"), why = document.getElementById("why");
	var panel = null, row = null, from = null;

	function isDark() {
		return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
	}
	function nameButton() {
		button.textContent = isDark() ? "Light" : "Dark";
	}
	/* a page opened from a file may have no storage */
	function remembered(theme) {
		try {
			if (theme)
				localStorage.setItem("lbench-theme", theme);
			return localStorage.getItem("lbench-theme");
		} catch (e) {
			return null;
		}
	}
	button.addEventListener("click", function () {
		root.dataset.theme = isDark() ? "light" : "dark";
		remembered(root.dataset.theme);
		nameButton();
	});
	if (/^(light|dark)$/.test(remembered() || ""))
		root.dataset.theme = remembered();
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameButton);
	nameButton();
	button.hidden = false;

	function close(back) {
		if (panel)
			panel.classList.remove("on");
		if (row)
			row.classList.remove("here");
		if (from && from.parentNode)
			from.parentNode.classList.remove("here");
		if (location.hash.length > 1)
			location.hash = "_";
		if (back && from)
			from.focus({ preventScroll: true });
		panel = row = null;
	}
	function open(target, link) {
		var inside = panel && panel.contains(link), origin = inside ? from : link;
		close(false);
		from = origin;
		panel = target.closest(".b");
		row = target === panel ? null : target;
		panel.classList.add("on");
		if (row) {
			row.classList.add("here");
			row.scrollIntoView({ block: "nearest" });
		}
		if (from && from.closest("td"))
			from.parentNode.classList.add("here");
		panel.querySelector(".x").focus({ preventScroll: true });
	}
	document.addEventListener("click", function (event) {
		var link = event.target.closest('a[href^="#"]');
		if (!link) {
			if (panel && !event.target.closest(".b"))
				close(false);
			return;
		}
		if (link.classList.contains("x")) {
			event.preventDefault();
			close(true);
			return;
		}
		var target = document.getElementById(link.hash.slice(1));
		if (target && why.contains(target)) {
			event.preventDefault();
			open(target, link);
		}
	});

	/* one stop of the Tab key a matrix; arrows move inside */
	function move(link, key) {
		var td = link.parentNode, tr = td.parentNode, i = td.cellIndex, next = null;
		var step = key === "ArrowLeft" || key === "ArrowUp" ? -1 : 1, across = key === "ArrowLeft" || key === "ArrowRight";
		while (!next) {
			if (across)
				td = step < 0 ? td.previousElementSibling : td.nextElementSibling;
			else
				tr = step < 0 ? tr.previousElementSibling : tr.nextElementSibling;
			if (!td || !tr)
				return;
			next = (across ? td : tr.cells[i] || tr).querySelector("a");
		}
		link.tabIndex = -1;
		next.tabIndex = 0;
		next.focus();
	}
	document.querySelectorAll("table.m").forEach(function (table) {
		table.querySelectorAll("td a").forEach(function (a, i) {
			a.tabIndex = i ? -1 : 0;
		});
		table.addEventListener("keydown", function (event) {
			if (/^Arrow/.test(event.key) && event.target.closest("td a")) {
				event.preventDefault();
				move(event.target, event.key);
			}
		});
		table.addEventListener("click", function (event) {
			var a = event.target.closest("td a");
			if (!a)
				return;
			table.querySelectorAll('td a[tabindex="0"]').forEach(function (other) {
				other.tabIndex = -1;
			});
			a.tabIndex = 0;
		});
	});
	document.addEventListener("keydown", function (event) {
		if (event.key === "Escape" && (panel || location.hash.length > 1))
			close(true);
	});

	var closed = [];
	addEventListener("beforeprint", function () {
		closed = Array.prototype.filter.call(document.querySelectorAll("details"), function (d) {
			return !d.open;
		});
		closed.forEach(function (d) {
			d.open = true;
		});
	});
	addEventListener("afterprint", function () {
		closed.forEach(function (d) {
			d.open = false;
		});
	});
})();
