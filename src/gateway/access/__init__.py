"""Who asks: access tokens, Cloudflare Access, or anybody."""
