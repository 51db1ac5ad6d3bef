internal import HTTPExchange
internal import TransportCore

/// Has the connections of one loop send their answers together, once the loop has read from all that had something to read.
///
/// An answer that goes out alone wakes its reader, who is done with it before the next one comes, and sleeps again: with many
/// calls in flight that costs more than all else about an answer.
///
/// `@unchecked Sendable`: what changes is touched only on the loop: ``add(_:)`` is called by the handlers of connections that live
/// there, and what it leaves for later runs there.
final class WriteRound: @unchecked Sendable {
    let loop: any ChannelLoop
    private var connections: [GatewayConnection] = []
    /// The room of the round before, for the next one.
    private var room: [GatewayConnection] = []

    init(on loop: any ChannelLoop) {
        self.loop = loop
    }

    /// The connection has written something. To be called on the loop.
    func add(_ connection: GatewayConnection) {
        connections.append(connection)
        guard connections.count == 1 else { return }
        loop.execute { [self] in
            var due = connections
            connections = room
            room = []
            due.forEach { $0.flush() }
            due.removeAll(keepingCapacity: true)
            room = due
        }
    }
}
