import Foundation

/// A plain socket of 127.0.0.1.
enum LoopbackSocket {
    /// Makes one, and binds or connects it.
    /// - Parameter use: what is done with its descriptor, the address and its length; whether it has worked.
    /// - Returns: the descriptor, and the port that is in the address afterwards.
    /// - Throws: ``BudgetFailure`` where that does not work.
    static func make(
        port: Int,
        _ use: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Bool
    ) throws -> (descriptor: Int32, port: Int) {
        #if canImport(Darwin)
            let stream = SOCK_STREAM
        #else
            let stream = Int32(SOCK_STREAM.rawValue)
        #endif
        let descriptor = socket(AF_INET, stream, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(clamping: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isUsed = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { use(descriptor, $0, &length) }
        }
        guard descriptor >= 0, isUsed else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw BudgetFailure("port \(port) of 127.0.0.1 cannot be used: \(reason)")
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }
}
