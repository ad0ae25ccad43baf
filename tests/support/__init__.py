"""What the tests share: payloads, mocks, servers, stores, receivers."""
