"""Configuring a Raspberry Pi's firmware for an I2S or PDM microphone: our block in `config.txt`."""
