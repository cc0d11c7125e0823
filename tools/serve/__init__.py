"""The Worker on one's own machine, under a plain workerd: what Cloudflare's edge does around it, done here."""
