"""How the face looks: light and surfaces, as one fragment shader for VTK.

The lights stand with the camera, as in a photographer's studio: a warm key from the upper
left, a cool fill from the right, two rims from behind.  Skin lets light bleed around the
terminator, more of red than of blue, and has two highlights, a broad one of the skin and a
narrow one of what lies on it; both keep it from looking like plastic (wrapped diffuse after
Green, GPU Gems 1, chapter 16; two lobes after d'Eon and Luebke, GPU Gems 3, chapter 14).
What light reaches a fold comes with the vertices, as their alpha.  Colours are computed in
nearly linear light: a gamma of 2 costs software OpenGL a fraction of the real curve.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from viewer.core.face_model import Material

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Surface:
    """``bleed`` is how far red, green and blue wrap around the terminator, ``gloss`` the
    strength and ``tightness`` the exponent of the broad highlight, ``coat`` the strength of the
    narrow one, ``rim`` the share of rim light, ``shade`` scales the colour; ``eye`` adds the
    shadow of the lids and the lamp's reflection."""

    bleed: Vector = (0.0, 0.0, 0.0)
    gloss: float = 0.04
    tightness: float = 20.0
    coat: float = 0.0
    rim: float = 0.35
    shade: float = 1.0
    eye: bool = False


@dataclass(frozen=True)
class Lighting:
    """Where the light comes from, in the camera's space (+X right, +Y up, +Z to the viewer);
    colours are linear, their size is their strength.  ``ambient`` scales the sky and ground."""

    key: Vector = (-0.48, 0.56, 0.68)
    key_colour: Vector = (1.36, 1.27, 1.16)
    fill: Vector = (0.80, 0.05, 0.55)
    fill_colour: Vector = (0.205, 0.208, 0.222)
    ambient: float = 1.0


STUDIO = Lighting()

_SKIN = Surface(bleed=(0.40, 0.19, 0.12), gloss=0.125, tightness=11.0, coat=0.15, rim=0.75)
_WET = Surface(bleed=(0.10, 0.08, 0.08), gloss=0.10, tightness=24.0, coat=0.45, rim=0.1)
_EYE = replace(_WET, gloss=0.05, tightness=60.0, coat=0.25, rim=0.0, eye=True)
SURFACES: dict[Material, Surface] = {
    "skin": _SKIN,
    "lips": replace(_SKIN, gloss=0.13, tightness=15.0, coat=0.26),
    "sclera": replace(_EYE, bleed=(0.40, 0.32, 0.30), shade=0.80),
    "iris": replace(_EYE, shade=1.35),
    "pupil": replace(_EYE, gloss=0.0, coat=0.0, shade=0.5),
    "cornea": _EYE,
    "teeth": replace(_WET, coat=0.24, shade=0.80),
    "gums": replace(_WET, coat=0.20, shade=0.70),
    "tongue": replace(_WET, bleed=(0.25, 0.1, 0.1), coat=0.16, shade=0.80),
    "mouth": Surface(bleed=(0.2, 0.1, 0.1), gloss=0.02, rim=0.0, shade=0.50),
    "brows": Surface(bleed=(0.2, 0.2, 0.2), gloss=0.03, rim=0.15),
    "lashes": Surface(gloss=0.0, rim=0.0),
    "hair": Surface(bleed=(0.15, 0.15, 0.15), gloss=0.06, tightness=14.0, coat=0.06, rim=0.4),
    "cloth": Surface(bleed=(0.1, 0.1, 0.1), gloss=0.0, rim=0.3),
    "other": Surface(bleed=(0.1, 0.1, 0.1), gloss=0.08, rim=0.3),
}

_LIGHT_TAG = "//VTK::Light::Impl"
_TEXTURE_TAG = "//VTK::TCoord::Impl"
_LAST_TAG = "//VTK::DepthPeeling::Impl"

# VTK's own code above this gives normalVCVSOutput, of unit length and towards the viewer,
# diffuseColor (sRGB), and opacity, in which the light that reaches the vertex is kept.
_LIGHT = """
  vec3 kfN = normalVCVSOutput;
  vec3 kfV = normalize(-vertexVC.xyz);
  const vec3 kfBleed = BLEED;
  const vec3 kfKey = KEY_FROM;
  float kfOpen = opacity;
  INSIDE
  vec3 kfAlbedo = diffuseColor * diffuseColor * SHADE;
  EYE_SHADOW
  vec3 kfReach = kfOpen * (vec3(1.0) + vec3(0.55, 0.20, 0.12) * (1.0 - kfOpen));
  float kfNK = dot(kfN, kfKey);
  vec3 kfWrap = clamp((vec3(kfNK) + kfBleed) / (1.0 + kfBleed), 0.0, 1.0);
  kfWrap *= 0.62 + 0.38 * kfWrap;
  vec3 kfLit = KEY_COLOUR * kfWrap * mix(vec3(0.21, 0.11, 0.09), vec3(1.0), kfReach);
  vec3 kfSky = FILL_COLOUR * clamp((vec3(dot(kfN, FILL_FROM)) + kfBleed) / (1.0 + kfBleed), 0.0, 1.0);
  kfSky += AMBIENT * mix(vec3(0.090, 0.062, 0.054), vec3(0.172, 0.172, 0.184), 0.5 + 0.5 * kfN.y);
  kfLit += kfSky * kfReach;
  vec3 kfOut = kfAlbedo * kfLit;
  float kfGraze = 1.0 - max(dot(kfN, kfV), 0.0);
  float kfGraze2 = kfGraze * kfGraze;
  float kfNH = max(dot(kfN, normalize(kfKey + kfV)), 0.0);
  float kfBroad = pow(kfNH, TIGHT);
  float kfNarrow = kfBroad * kfBroad;
  kfNarrow *= kfNarrow;
  float kfSpec = (GLOSS * kfBroad + COAT * kfNarrow) * (0.7 + 1.8 * kfGraze2 * kfGraze2);
  kfOut += kfSpec * clamp(kfNK * 3.0, 0.0, 1.0) * kfOpen * KEY_COLOUR;
  vec3 kfRim = max(dot(kfN, RIM_LEFT), 0.0) * vec3(0.50, 0.57, 0.68)
             + max(dot(kfN, RIM_RIGHT), 0.0) * vec3(0.66, 0.60, 0.57);
  kfOut += RIM * kfOpen * kfOpen * kfGraze2 * kfGraze * kfRim * (0.20 + 1.6 * kfAlbedo);
  kfOut = kfOut * (1.0 + kfOut * 0.12) / (1.0 + kfOut * 0.34);
  fragOutput0 = vec4(sqrt(clamp(kfOut, 0.0, 1.0)), 1.0);
"""
_RIM_LEFT, _RIM_RIGHT = (-0.8305, 0.3420, -0.4397), (0.7656, 0.4306, -0.4785)

_EYE_SHADOW = """
  float kfHigh = dot(kfN, normalMatrix[1]);
  float kfAside = dot(kfN, normalMatrix[0]);
  kfOpen *= 1.0 - 0.75 * smoothstep(-0.12, 0.32, kfHigh);
  kfOpen *= 1.0 - 0.45 * smoothstep(0.20, 0.80, kfAside * kfAside);
"""
"""The lids shade the upper part of an eye and its corners, wherever the eye looks."""

_INSIDE = "if (gl_FrontFacing == false) { kfOpen *= 0.12; }"
_CUT_OUT = "  if (fragOutput0.a < 0.5) { discard; }\n  fragOutput0.a = 1.0;\n"
_CATCH_LIGHT = """
  float kfCatch = dot(kfN, normalize(LAMP_FROM + kfV));
  fragOutput0.rgb += 0.85 * smoothstep(0.9870, 0.9945, kfCatch);
"""

_OVERLAY = """
  vec3 kfN = normalVCVSOutput;
  vec3 kfV = normalize(-vertexVC.xyz);
  float kfFacing = max(dot(kfN, kfV), 0.0);
  float kfKey = dot(kfN, normalize(vec3(-0.35, 0.55, 0.76)));
  float kfForm = 0.52 + 0.48 * clamp(kfKey, 0.0, 1.0);
  float kfEdge = pow(1.0 - kfFacing, 3.0);
  vec3 kfWhite = vec3(0.16 * kfEdge + 0.05 * clamp(kfKey, 0.0, 1.0));
  fragOutput0 = vec4(diffuseColor * kfForm + kfWhite, 1.0);
"""

_SEEN = "  fragOutput0 = vec4(1.0);\n"
_UNSEEN = "  fragOutput0 = vec4(0.0);\n"
_ONION = """
  vec3 kfN = normalVCVSOutput;
  vec3 kfV = normalize(-vertexVC.xyz);
  float kfKey = clamp(dot(kfN, vec3(-0.4000, 0.5200, 0.7550)), 0.0, 1.0);
  float kfEdge = 1.0 - max(dot(kfN, kfV), 0.0);
  float kfLine = smoothstep(0.60, 0.95, kfEdge);
  vec3 kfOut = diffuseColor * (0.55 + 0.60 * kfKey) + vec3(0.06 * kfKey * kfKey);
  fragOutput0 = vec4(mix(kfOut, diffuseColor, kfLine), opacity * (1.0 + 1.3 * kfLine));
"""
_LINES = "  fragOutput0 = vec4(diffuseColor, opacity);\n"
_NEARER = "  gl_Position.z -= 0.0012 * gl_Position.w;\n"


def shade(
    actor: Any,
    material: Material,
    cut_out: bool = False,
    lighting: Lighting = STUDIO,
    dark_inside: bool = False,
) -> None:
    """Give a VTK actor the look of a material; ``cut_out`` drops the clear parts of a texture,
    ``dark_inside`` lets no light into the head, where its triangles are seen from behind."""
    surface = SURFACES[material]
    key, fill = _unit(lighting.key), _unit(lighting.fill)
    lamp = (0.75 * key[0], 0.75 * key[1], 1.05 * key[2])
    words = {
        "INSIDE": _INSIDE if dark_inside and not surface.eye else "",
        "EYE_SHADOW": _EYE_SHADOW if surface.eye else "",
        "KEY_FROM": _vec3(key),
        "KEY_COLOUR": _vec3(lighting.key_colour),
        "FILL_FROM": _vec3(fill),
        "FILL_COLOUR": _vec3(lighting.fill_colour),
        "LAMP_FROM": _vec3(lamp),
        "AMBIENT": f"{lighting.ambient:.4f}",
        "RIM_LEFT": _vec3(_RIM_LEFT),
        "RIM_RIGHT": _vec3(_RIM_RIGHT),
        "SHADE": f"{surface.shade:.4f}",
        "BLEED": _vec3(surface.bleed),
        "TIGHT": f"{surface.tightness:.4f}",
        "GLOSS": f"{surface.gloss:.4f}",
        "COAT": f"{surface.coat:.4f}",
        "RIM": f"{surface.rim:.4f}",
    }
    after = (_CUT_OUT if cut_out else "") + (_CATCH_LIGHT if surface.eye else "")
    shader = actor.GetShaderProperty()
    shader.AddFragmentShaderReplacement(_LIGHT_TAG, True, _filled(_LIGHT, words), True)
    if after:
        code = _TEXTURE_TAG + "\n" + _filled(after, words)
        shader.AddFragmentShaderReplacement(_TEXTURE_TAG, True, code, False)


def shade_overlay(actor: Any) -> None:
    """Give a VTK actor colours that can be read off a legend: form by a little shade, no light of
    any colour."""
    actor.GetShaderProperty().AddFragmentShaderReplacement(_LIGHT_TAG, True, _OVERLAY, True)


def shade_depth_only(actor: Any) -> None:
    """Let a VTK actor write its depth and no colour.  VTK throws clear pixels away, with their
    depth, so they are made clear after it has looked."""
    shader = actor.GetShaderProperty()
    shader.AddFragmentShaderReplacement(_LIGHT_TAG, True, _SEEN, True)
    shader.AddFragmentShaderReplacement(_LAST_TAG, True, _UNSEEN, True)


def shade_onion(actor: Any) -> None:
    """Give a VTK actor the look of an onion skin: a tint with form and a firm outline."""
    actor.GetShaderProperty().AddFragmentShaderReplacement(_LIGHT_TAG, True, _ONION, True)


def shade_lines(actor: Any) -> None:
    """Draw a VTK actor's lines in one colour, a millimetre in front of the surface they lie on."""
    shader = actor.GetShaderProperty()
    shader.AddFragmentShaderReplacement(_LIGHT_TAG, True, _LINES, True)
    shader.AddVertexShaderReplacement(_LIGHT_TAG, True, _NEARER, True)


def _filled(code: str, words: dict[str, str]) -> str:
    """The code with its words in capitals filled in; a word may bring in others."""
    for word, value in words.items():
        code = code.replace(word, value)
    return code


def _unit(vector: Vector) -> Vector:
    x, y, z = np.asarray(vector, np.float64) / (np.linalg.norm(vector) or 1.0)
    return float(x), float(y), float(z)


def _vec3(value: Vector) -> str:
    return f"vec3({value[0]:.4f}, {value[1]:.4f}, {value[2]:.4f})"
