internal import NIOCore
internal import TransportCore

/// A request that is being read or passed on, with what is known of it so far.
///
/// `@unchecked Sendable`: what changes is touched on the loop of the connection only.
final class PassedRequest: @unchecked Sendable {
    let head: RequestHead
    /// Who reads it and answers it.
    let connection: GatewayConnection
    var target: TargetScanner.Target?
    /// How it is called, and the state of the module file that says so.
    var route: GatewayRoute?
    var routes: GatewayRoutes?
    var body = ByteBuffer()
    /// When there are so many bytes of the body, another look for the target is worth it.
    var nextScan = 1
    /// Whether all of the body has come.
    var isWhole = false
    /// How many of its bytes count towards what is buffered in all.
    var reservedBytes = 0
    /// Whether its message counts among what is in line, though its call has not come yet.
    var isMessageHeld = false
    /// How long its message has waited.
    var waited = Duration.zero
    /// What it is called while it waits in line; 0 where it does not.
    var call: CallLine.CallID = 0
    /// Whether it has a place among the calls in flight, but waits for its loop to begin it.
    var isHeld = false
    /// What it has of the loop's window since it began.
    var ticket: StartWindow.Ticket?
    var inFlight: (any CallInFlight)?
    /// When it got its place among the calls in flight.
    var start = TransportInstant.zero

    init(_ head: RequestHead, of connection: GatewayConnection) {
        self.head = head
        self.connection = connection
    }

    /// So much of the body has come: counts it, and finds out who is called as soon as the bytes say it, so that nobody sends a
    /// message in vain.
    func received(_ body: ByteBuffer, for core: GatewayCore) throws(GatewayRefusal) {
        try reserve(body.readableBytes, in: core)
        guard route == nil, body.readableBytes >= nextScan else { return }
        var outcome = Result<((GatewayRoute, GatewayRoutes), TargetScanner.Target)?, GatewayRefusal>.success(nil)
        body.withUnsafeReadableBytes { bytes in
            switch TargetScanner.scan(bytes, of: head.length) {
            case .found(let target): outcome = Result { () throws(GatewayRefusal) in (try core.route(to: target, in: bytes), target) }
            case .incomplete: outcome = bytes.count < head.length ? .success(nil) : .failure(.noTarget("it ends within a field"))
            case .malformed(let reason): outcome = .failure(.noTarget("\(reason)"))
            }
        }
        guard let ((route, routes), target) = try outcome.get() else {
            // Each further look costs as much as all bytes so far, so there are few.
            nextScan = 2 * body.readableBytes
            return
        }
        self.route = route
        self.routes = routes
        self.target = target
        if head.length > route.payloadLimit {
            throw .bodyTooLong(head.length, limit: route.payloadLimit, of: route.endpoint.name)
        }
    }

    /// Gives back its place in line, or among the calls in flight.
    /// - Returns: `false` where it has none, or has begun.
    func leavePlace(in core: GatewayCore) -> Bool {
        guard let route else { return false }
        if isMessageHeld {
            releaseMessage(in: core)
            return true
        }
        guard isHeld else { return call != 0 && core.callLeft(call, for: route.endpoint) }
        isHeld = false
        core.callEnded(for: route.endpoint)
        return true
    }

    /// Its message does not count among what is in line any more.
    func releaseMessage(in core: GatewayCore) {
        guard isMessageHeld, let route else { return }
        isMessageHeld = false
        core.messageReleased(for: route.endpoint)
    }

    /// Counts the bytes of a large body that have come. Not those that are only promised: whoever promises them would take the
    /// room of others.
    private func reserve(_ count: Int, in core: GatewayCore) throws(GatewayRefusal) {
        guard head.length > GatewayCore.smallBody, count > reservedBytes else { return }
        guard core.reserve(count - reservedBytes) else { throw .noRoom }
        reservedBytes = count
    }
}
