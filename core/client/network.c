#include "client/network.h"

#include "base/signals.h"
#include "client/connection.h"
#include "client/tls.h"

void network_init(struct network *network, uv_loop_t *loop)
{
    signals_ignore(SIGPIPE);
    network->loop = loop;
    network->skip_verify = false;
    network->tls = NULL;
    network->decoded = BUF_INIT;
    deadlines_init(&network->deadlines, loop, connection_expired);
    resolver_init(&network->resolver, loop);
}

struct tls_context *network_tls(struct network *network)
{
    if (!network->tls)
        network->tls = tls_context_new(!network->skip_verify);
    return network->tls;
}

void network_close(struct network *network)
{
    deadlines_close(&network->deadlines);
}

void network_fini(struct network *network)
{
    resolver_fini(&network->resolver);
    tls_context_free(network->tls);
    buf_fini(&network->decoded);
}
