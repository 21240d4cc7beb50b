#include "client/network.h"

#include <signal.h>

#include "client/connection.h"

void network_init(struct network *network, uv_loop_t *loop)
{
    signal(SIGPIPE, SIG_IGN);
    network->loop = loop;
    deadlines_init(&network->deadlines, loop, connection_expired);
    resolver_init(&network->resolver, loop);
}

void network_close(struct network *network)
{
    deadlines_close(&network->deadlines);
}

void network_fini(struct network *network)
{
    resolver_fini(&network->resolver);
}
