extension RawServer {
    /// Where to listen.
    public enum Place: Sendable, Equatable {
        /// 127.0.0.1, and this port; 0 takes a free one.
        case ipv4(port: Int)
        /// ::1, and this port; 0 takes a free one.
        case ipv6(port: Int)
        case unix(path: String)

        /// 127.0.0.1 and a free port.
        public static let tcp = Place.ipv4(port: 0)
        /// ::1 and a free port.
        public static let tcp6 = Place.ipv6(port: 0)

        /// 127.0.0.1 and this port, such as one where a server listened before.
        public static func tcp(port: Int) -> Place { .ipv4(port: port) }
    }
}
