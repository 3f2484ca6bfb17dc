#!/usr/bin/env python3
"""A mail server somebody else wrote (aiosmtpd): server.py MODE CERTIFICATE KEY

MODE is tls, starttls or bare (without encryption). It says its port on the first line, then one line of JSON for each mail that
it took. With encryption it takes mail only from "club" with the password "steam engine".
"""
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Printer:
    async def handle_DATA(self, server, session, envelope):
        mail = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "encrypted": session.ssl is not None,
                "user": session.auth_data.decode() if session.auth_data else "",
                "text": envelope.content.decode("utf-8", "replace")}
        print(json.dumps(mail), flush=True)
        return "250 taken"


def judge(server, session, envelope, mechanism, data):
    if getattr(data, "login", b"") == b"club" and data.password == b"steam engine":
        return AuthResult(success=True, auth_data=data.login)
    return AuthResult(success=False, handled=False)


mode, certificate, key = sys.argv[1:4]
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
if mode != "bare":
    context.load_cert_chain(certificate, key)


async def serve():
    secured = {"tls_context": context, "require_starttls": True} if mode == "starttls" else {}
    if mode != "bare":
        # wrapped whole, the library does not know of the encryption that it asks for before anybody may sign in
        secured |= {"authenticator": judge, "auth_required": True, "auth_require_tls": mode == "starttls"}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Printer(), enable_SMTPUTF8=True, **secured), "127.0.0.1", 0, ssl=context if mode == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
