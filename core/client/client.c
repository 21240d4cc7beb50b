#include "client/client.h"

#include "base/clock.h"
#include "client/connection.h"

void client_init(struct client *client, struct network *network)
{
    *client = (struct client){.network = network};
}

void client_close(struct client *client)
{
    while (client->connections)
        connection_orphan(client->connections);
    tls_sessions_fini(&client->sessions);
}

bool client_send(struct client *client, struct transfer *transfer)
{
    struct connection *connection = client->connections;
    while (connection && !connection_fits(connection, &transfer->url))
        connection = connection_next(connection);
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
    struct connection *connection = client->connections;
    struct transfer *transfer = NULL;
    while (connection && !(transfer = connection_transfer(connection)))
        connection = connection_next(connection);
    return transfer;
}

void client_abort(struct transfer *transfer)
{
    if (transfer->connection)
        connection_abort(transfer->connection);
}
