"""The ground floor of everything that touches the world: clock, settings, actions, audit."""
