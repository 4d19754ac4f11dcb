"""The doors that are not PostgREST: MightyCall's deliveries come in by one, holders of API keys read by the other."""
