#include "client/client.h"

#include "base/clock.h"
#include "client/connection.h"

void client_init(struct client *client, struct network *network)
{
    *client = (struct client){.network = network};
}

void client_close(struct client *client)
{
    connection_orphan_all(client);
    tls_sessions_fini(&client->sessions);
}

bool client_send(struct client *client, struct transfer *transfer)
{
    struct connection *connection =
        connection_find_idle(client, &transfer->url);
    if (!connection)
        connection = connection_new(client, &transfer->url);
    if (!connection)
        return false;
    transfer_clear(transfer);
    transfer->times.start_ns = clock_mono_ns();
    connection_send(connection, transfer);
    return true;
}

struct transfer *client_first_transfer(const struct client *client)
{
    return connection_first_transfer(client);
}

void client_abort(struct transfer *transfer)
{
    if (transfer->connection)
        connection_abort(transfer->connection);
}
