/// Has the connections of one loop send what they have written together, once the loop has read from all that had something to
/// read.
///
/// What goes out alone wakes its reader, who is done with it before the next one comes, and sleeps again: with many exchanges in
/// flight that costs more than all else about them.
///
/// `@unchecked Sendable`: what changes is touched only on the loop: ``add(_:)`` is called by connections that live there, and what
/// it leaves for later runs there.
package final class WriteRound: @unchecked Sendable {
    /// Who has written something that waits to be sent.
    package protocol Connection: AnyObject {
        /// Gives the socket what has been written. The connection may have gone meanwhile.
        func flush()
    }

    private let later: @Sendable (@escaping @Sendable () -> Void) -> Void
    private var connections: [any Connection] = []
    /// Requests that wait for their answers.
    private var exchanges = 0
    /// The room of the round before, for the next one.
    private var room: [any Connection] = []

    /// - Parameter later: runs something on the loop, when that has done what it is at.
    package init(_ later: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        self.later = later
    }

    /// The connection has written something. To be called on the loop; more than once does no harm.
    package func add(_ connection: some Connection) {
        connections.append(connection)
        guard connections.count == 1 else { return }
        later { [self] in send() }
    }

    /// The connection has written a request whose answer it waits for. What waits for an answer alone is sent at once: no other
    /// one will come to go with it. To be called on the loop, and followed by ``exchangeEnded()``.
    package func exchangeBegan(_ connection: some Connection) {
        exchanges += 1
        if exchanges == 1 {
            connection.flush()
        } else {
            add(connection)
        }
    }

    /// The answer to a request has come, or never will.
    package func exchangeEnded() {
        exchanges -= 1
    }

    private func send() {
        var due = connections
        connections = room
        room = []
        for connection in due { connection.flush() }
        due.removeAll(keepingCapacity: true)
        room = due
    }
}
