internal import HTTPFunctionEndpoint
internal import RuntimeCore
internal import TransportCore

/// A function type that something waits for or has waited for. Belongs to one ``RuntimeShard``.
final class FunctionRecord {
    /// What happens while addresses are read that are in the store only.
    struct Reading {
        /// Messages after this one are not among what is read.
        let last: Int64
        /// How many such messages have come since, by address.
        var arrived: [RuntimeAddress: Int] = [:]
        /// Addresses that nothing waits for any more since: what was read of them may have gone.
        var closed: Set<RuntimeAddress> = []
    }

    let id: DispatchMachine.FunctionID
    let functionType: String
    let namespace: String
    let name: String
    let figures: RuntimeFigures.Counted
    var registered = RegisteredStates()
    /// Messages that wait for it.
    var waiting = 0
    /// Those of them whose addresses are in the store only.
    var beyond = 0
    /// The last address that was read of those; `nil` for going on at the beginning.
    var lastRead: String?
    /// They are being read.
    var reading: Reading?
    /// What a call failed with that is not answered yet, or was lately.
    var lastFailure: RequestReplyFailure?
    /// How it is called; `nil` where that has not been asked yet.
    var route: FunctionClients.Entry? {
        didSet { mostWaiting = route?.maxNumBatchRequests }
    }
    /// How many messages may wait for one of its addresses, as the route says.
    private(set) var mostWaiting: Int?
    /// Why no endpoint serves it; `nil` where one does.
    var whyUnserved: String?

    init(id: DispatchMachine.FunctionID, functionType: String, figures: RuntimeFigures.Counted, whyUnserved: String?) {
        self.id = id
        self.functionType = functionType
        self.figures = figures
        self.whyUnserved = whyUnserved
        let slash = functionType.utf8.firstIndex(of: UInt8(ascii: "/")) ?? functionType.endIndex
        namespace = String(functionType[..<slash])
        name = String(functionType[slash...].dropFirst())
    }
}
