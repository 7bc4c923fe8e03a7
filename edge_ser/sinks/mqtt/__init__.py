"""The MQTT sink, which publishes events on a broker and announces entities to Home Assistant."""
