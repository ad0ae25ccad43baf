"""Mixed load on each store with kills, outages, slow receivers and hostile clients, and the laws that must hold."""
