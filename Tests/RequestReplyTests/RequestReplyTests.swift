import Testing

@testable import RequestReply

@Suite struct RequestReplyTests { @Test func placeholder() {} }
