"""What the firmware of a Raspberry Pi must know about an I2S or PDM microphone: our block in `config.txt`."""
