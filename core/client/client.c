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
}

bool client_send(struct client *client, struct exchange *exchange)
{
    struct connection *connection = client->connections;
    while (connection && !connection_fits(connection, &exchange->url))
        connection = connection_next(connection);
    if (!connection)
        connection = connection_new(client, &exchange->url);
    if (!connection)
        return false;
    exchange_clear(exchange);
    exchange->times.start_ns = clock_mono_ns();
    connection_send(connection, exchange);
    return true;
}

void client_abort(struct exchange *exchange)
{
    if (exchange->connection)
        connection_abort(exchange->connection);
}
