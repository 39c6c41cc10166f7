"""Our documents before the DCC's own clients, from npm: test clients, installed for development alone."""
