"""Keys that sign recorded cases. They were made for this, are public, and prove nothing anywhere else."""

from __future__ import annotations

import base64

_WORDS = b"key-of-a-recorded-case"
SHARED = _WORDS.decode()
ED25519 = """\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIPyx9ogYOEWelgDzpdRLocyE2c2rmMrSn/LVjVbCokGg
-----END PRIVATE KEY-----
"""
RSA = """\
-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDQEgKRd442D8/N
QVp+BLYtdDgcktLgPrNBcAdvb8cLytzsG5ZVUdn0/6AvJWqfGhz5kHaMZ5MNP2g/
HVm/2dkwUvmJZYpMovPDsgBd6JPEwPn8kOxIQrXrhP7TmkEoBJpk4DGSqUidvN9v
j0ds28O40BCVRfXn2uNK6OKqMxzcRYlXtXgEdlpa7vG5tITix3peAQj5C/F98HyX
I1+/X7qVwQnmO9boDeo3xbquRWRA5bGqmysxehOpW4EirjJlZuZT0FOhFfIKprI7
1gQRNgtKla495CyYFgeKOh4dKZfxCAl5UzoEu/tNGamjJnODUcMgOKEF+wkjbK+U
E4d8cBnpAgMBAAECggEAJ5A9H8bhaiMwiqFSISMpNtRh9QDwCwaxFBDGwSg6a2Ic
BuMp/zgsnvraTQyqzOzstIGFISZynjK/0jx0+9djBl7IpxkBJphXjI70peaa7m8Z
Oa6e1xCkQc/MmpS6re7OIr9EfdQlhCTNQYu3c5oICcS6Wn/uhbMnw+8rZlyIsNNK
Qo+bjLZBQaES7glPrFCIPXlsFoKsBDkNArmpU+MDW4sgH4XcL1xf1+sBMUCetOhP
3wNliQ/IPggsnCNcsjczsDdanxfw1UdYO3i3MKWTPFM63SQkKa93GwikdNOvPV9M
v+hdVQDsIfs6+5/iKW69Lqr+YkOAxwuTXrDogqmR9wKBgQDsOuhoG03DGOboNO8V
KdJaoRL9mjpLxkhtJkPsRQyILxzr/C1KSGLcKnR651Vf5/sHmBPwf4h1Y+Fc3pj5
m0b47swm8sKQ/u87ELPK+jb40XItPuDg8/GVZH4/BnUWdoHDzgNq8VGmPT2V95u6
SHDdGTwZw5bJIjAghSkCAuGuGwKBgQDhe8u8HlQcyASi1LCci5qhNjwLwxh4Pz2e
7hSgUqN+2gCO45Nl/M9m6o0PAIjUNsC4MxAzV2nSKuK0Og7wYhh+HQWDX+kmvUyh
RpSgC5bjrXvQx1HoiKHd6tyt41/1ZJK9SdTiH0YclykVgv4Bq1rfMtUa0P68DezP
w5vojbfISwKBgBgvt9fg48dT52Bi+w+ZppXs4/rfLZTQil3SiyXHtA7FdBqdSS3P
139fQWnMAau+Hq+aXIBFLn2Gam6Nw+/afBvEp1ZdiJo739aWUTI5CCPVnfEP/QpL
L7LyBRMC4D4aiBK6JxNt/cQdhQ6zuVgLTrL0gHjK08doHrFVsOspzF19AoGBAJMp
reXAUZtbPBNeB0qUnr463GO82Dqa48fXkSS16rk+5QBdLXVx05dS2+9/pM4EUjGm
OhuYIJunm8CO5/MhwuSEYnXE4jGDeQEFRLlT9w3vyxCPFjlS+3oP8CmZbaaGFnNu
PX+7c5HzYkAE92z1fmCQF5/h6W+pEvbirt3PqLQTAoGBAN5lxUg/MoUNq8AyB9Q/
IiCDvby31vW4XWa0IlAkYP/tQUkR9wwhsS4MphAYJXb3uupY0NP5kQNOZjslho8n
ZmwPY8cVuPrHnAAbNRY34YSiMm8S/1K5XfzfQaXMiqs8tBE7s2TeQGfH+N6BXYib
e91gPIChwzLGCZRAd1Xd4LDG
-----END PRIVATE KEY-----
"""
ECDSA = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxME5BkUM23f7v6M9
v9L3BcTAYdnBqduwehJxWd7kfZyhRANCAASbyQ2Xv15B6t3h+qEklSBDSwNVHWgp
h4BDvyZPatDIACVVoVY/926RqtYRjdqIRb9xVGtzvI0GCEdtHdM7kXbO
-----END PRIVATE KEY-----
"""

TEST_KEYS = (
    SHARED,
    f"whsec_{base64.b64encode(_WORDS).decode()}",
    _WORDS.hex(),
    base64.b64encode(_WORDS).decode(),
    f"relay:{SHARED}",
    ED25519,
    RSA,
    ECDSA,
)
"""Keys in the forms that senders give them; the first that a connector can use is taken."""
