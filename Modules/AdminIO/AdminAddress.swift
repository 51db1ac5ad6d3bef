/// Where an ``AdminServer`` listens.
public enum AdminAddress: Hashable, Sendable {
    /// A name or an address, and a port; 0 for one that the system chooses.
    case port(host: String, port: Int)
    /// The path of a UNIX domain socket that only the user who runs the program can connect to. What a program left behind
    /// there that ended without closing it is replaced.
    case socket(path: String)
}
