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
    /// Whether its bytes count towards what is buffered in all.
    var hasReserved = false
    /// What it is called while it waits in line; 0 where it does not.
    var call: CallLine.CallID = 0
    var inFlight: (any CallInFlight)?
    /// When the call began.
    var start = TransportInstant.zero

    init(_ head: RequestHead, of connection: GatewayConnection) {
        self.head = head
        self.connection = connection
    }
}
