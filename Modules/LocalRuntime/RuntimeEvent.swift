public import RuntimeCore

/// Something that whoever operates a runtime should hear of.
public enum RuntimeEvent: Hashable, Sendable {
    /// A function has not answered for a while.
    /// - reason: what the last attempt failed with.
    /// - waiting: how many messages wait for it.
    case functionDown(functionType: String, reason: String, waiting: Int)
    /// A function that was down has answered.
    case functionBack(functionType: String, waiting: Int)
    /// Something was given up.
    case deadLetter(DeadLetter)
    /// Nothing can be stored, so nothing is accepted and no call begins.
    case storeFailed(StoreFailure)
    /// The runtime has stopped, and records that had been taken and were put back, as nobody got them, could not be stored again.
    case recordsLost(topic: String, count: Int, StoreFailure)
    /// The store works again.
    case storeBack
}
