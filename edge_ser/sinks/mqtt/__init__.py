"""Events on an MQTT broker, and entities in Home Assistant."""
