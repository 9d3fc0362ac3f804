document.querySelector("#new").addEventListener("submit", async (event) => {
  event.preventDefault();
  const url = new FormData(event.target).get("url");
  const response = await fetch("/links", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ url }),
  });
  if (response.ok) location.reload();
});
